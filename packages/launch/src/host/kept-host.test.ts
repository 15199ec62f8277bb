import { describe, expect, it } from 'vitest';

import type { Host } from './host.ts';
import { openKeptHost } from './kept-host.ts';

/** Hosts that count themselves; `lose` ends the connection of the last one. */
function hosts() {
  const closed: number[] = [];
  let opened = 0;
  let lose = () => {};
  let refuse: Error | undefined;
  const open = async () => {
    if (refuse) throw refuse;
    opened += 1;
    const me = opened;
    const lost = new Promise<void>((resolve) => (lose = resolve));
    const host: Host = {
      label: 'login',
      facts: { home: '/h', user: 'u', hostname: 'h', system: 'Linux', machine: 'x86_64' },
      runner: { run: async () => ({ code: 0, stdout: String(me), stderr: '' }) },
      upload: async () => {},
      async *tail() {
        yield String(me);
      },
      runLeashed: async () => ({ code: 0, stderr: String(me) }),
      async [Symbol.asyncDispose]() {
        closed.push(me);
      },
    };
    return { host, lost };
  };
  return { open, lose: async () => lose(), closed, refuseWith: (error: Error | undefined) => (refuse = error) };
}

describe('openKeptHost', () => {
  it('opens another connection when the last one is gone, one for all who ask', async () => {
    const world = hosts();
    await using host = await openKeptHost(world.open);
    const said = async () => (await host.runner.run(['x'])).stdout;
    expect([await said(), await said()]).toEqual(['1', '1']);
    await world.lose();
    expect(await Promise.all([said(), said()])).toEqual(['2', '2']);
  });

  it('says why it cannot, and tries again at the next use', async () => {
    const world = hosts();
    const host = await openKeptHost(world.open);
    await world.lose();
    world.refuseWith(new Error('no route'));
    await expect(host.runner.run(['x'])).rejects.toThrow('no route');
    world.refuseWith(undefined);
    expect((await host.runner.run(['x'])).stdout).toBe('2');
    await host[Symbol.asyncDispose]();
    expect(world.closed).toEqual([2]);
    await expect(host.runner.run(['x'])).rejects.toThrow('closed here');
  });
});
