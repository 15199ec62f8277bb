// An owner publishes a deployment at a gateway that has none of its own: their control tells it, and members stream from it.

import { join } from 'node:path';

import { openWorld, processesOf, type RunningCli, type World } from '@fairlead/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const timeoutMs = 120_000;

let world: World;
let gateway: RunningCli;
let address: string;
let line: string;
let key: string;
const state = () => join(world.dir, 'team');

beforeAll(async () => {
  world = await openWorld();
  expect((await world.json('init', '--yes')).code).toBe(0);
  await world.deploy('quick');
  const serve = ['gateway', 'serve', '--no-own', '--port', '0', '--publishers', 'publish.sock', '--state', state()];
  gateway = world.start([...serve, '--json'], { env: { FAIRLEAD_PROFILE: join(world.dir, 'none.json') } });
  address = (JSON.parse(await gateway.line((one) => one.includes('gateway.listening'))) as { address: string }).address;
  key = String((await world.json('members', 'add', 'carol', '--key', '--state', state())).last['key']);
  const added = await world.json('gateway', 'publishers', 'add', 'alice', '--account', uid(), '--state', state());
  line = String(added.last['line']);
}, timeoutMs);
afterAll(() => world?.[Symbol.asyncDispose](), timeoutMs);

const uid = () => String(process.getuid!());

async function ask(model: string): Promise<number | string> {
  const response = await fetch(`${address}/v1/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, prompt: 'Tell me of ropes.', max_tokens: 5 }),
  });
  const body = (await response.json()) as { usage?: { completion_tokens: number }; error?: { code: string } };
  return body.usage?.completion_tokens ?? `${response.status} ${body.error?.code}`;
}

async function publish(): Promise<void> {
  const { stdout } = await world.cli(['publish', 'quick', '--to', '-', '--json'], { stdin: `${line}\n` });
  expect(JSON.parse(stdout.trim().split('\n').at(-1)!)).toMatchObject({ ok: true, state: 'offered', instances: 1 });
}

describe('A published deployment', () => {
  it('is asked for by a member of the gateway until it is unpublished', { timeout: timeoutMs }, async () => {
    expect(await ask('quick')).toBe('404 not_found');
    await publish();
    expect(await ask('quick')).toBe(5);
    expect((await world.json('publish')).last['publications']).toMatchObject([
      { deployment: 'quick', state: 'offered' },
    ]);
    const status = await world.json('gateway', 'status', '--state', state());
    expect(status.last['publishers']).toMatchObject([
      { name: 'alice', connected: true, deployments: [{ instances: 1 }] },
    ]);
    expect((await world.json('unpublish', 'quick')).last).toMatchObject({ ok: true, name: 'quick' });
    expect(await ask('quick')).toBe('404 not_found');
  });

  it(
    'is served on while the control of its owner is dead, and offered anew when it is back',
    { timeout: timeoutMs },
    async () => {
      await publish();
      for (const { pid, args } of await processesOf(world.dir))
        if (/control\S* serve/.test(args)) process.kill(pid, 'SIGKILL');
      const status = () => world.json('gateway', 'status', '--state', state());
      const connected = async () =>
        ((await status()).last['publishers'] as Array<{ connected: boolean }>)[0]?.connected;
      await expect.poll(connected).toBe(false);
      expect(await ask('quick')).toBe(5);
      // The next command starts control again.
      await expect
        .poll(async () => (await world.json('publish')).last['publications'])
        .toMatchObject([{ state: 'offered', instances: 1 }]);
      expect(await ask('quick')).toBe(5);
    },
  );

  it(
    'is offered no more when its publisher is removed, and both sides are told why',
    { timeout: timeoutMs },
    async () => {
      await world.json('gateway', 'publishers', 'remove', 'alice', '--state', state());
      await expect.poll(() => ask('quick')).toBe('404 not_found');
      await expect
        .poll(async () => (await world.json('publish')).last['publications'])
        .toMatchObject([{ state: 'refused', problem: expect.stringMatching(/removed|does not know the token/) }]);
      expect((await world.json('gateway', 'audit', '--state', state())).last['changes']).toMatchObject(
        expect.arrayContaining([expect.objectContaining({ action: 'publisher.removed', subject: 'alice' })]),
      );
    },
  );
});
