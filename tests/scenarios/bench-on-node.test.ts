// The benchmark on the node, in a world without privileges: a local cluster, whose node is this machine.

import { openWorld, processesOf, type World } from '@fairlead/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const timeoutMs = 60_000;
const quick = ['--requests', '4', '--input-tokens', '32', '--output-tokens', '10'];

let world: World;
beforeAll(async () => {
  world = await openWorld();
  await world.deploy('a');
}, timeoutMs);
afterAll(() => world?.[Symbol.asyncDispose](), timeoutMs);

describe('bench --on-node', () => {
  it(
    'measures at the front on the node, and says so in its figures',
    async () => {
      const { code, lines, last } = await world.json('bench', 'a', '--on-node', '--concurrency', '1,2', ...quick);
      expect(last).toMatchObject({
        event: 'bench.done',
        ok: true,
        name: 'a',
        from: 'node',
        levels: [
          { concurrency: 1, requests: 4, completed: 4, failed: 0, outputTokens: 40 },
          { concurrency: 2, requests: 4, completed: 4, failed: 0, outputTokens: 40 },
        ],
      });
      expect(code).toBe(0);
      expect(lines.filter(({ event }) => event === 'bench.level')).toHaveLength(2);
      const here = await world.json('bench', 'a', '--concurrency', '1', ...quick);
      expect(here.last).toMatchObject({ from: 'here', ok: true });
    },
    timeoutMs,
  );

  it(
    'ends with the error of its program, and with a hint',
    async () => {
      const { code, last } = await world.json('bench', 'a', '--on-node', '--requests', '1', '--input-tokens', '900000');
      expect({ code, last }).toMatchObject({
        code: 1,
        last: {
          error: {
            code: 'bench_failed',
            message: expect.stringMatching(/^cannot measure a because its first request failed/) as unknown,
            hint: expect.stringContaining('--input-tokens') as unknown,
          },
        },
      });
    },
    timeoutMs,
  );

  it(
    'ends with Ctrl-C, and leaves no program of it behind',
    async () => {
      const args = ['bench', 'a', '--on-node', '--json', '--concurrency', '1', '--requests', '5000'];
      const running = world.start(args);
      const isThere = async () =>
        (await processesOf(world.dir)).some(({ args: words }) => /\/bench-\w+\.mjs/.test(words));
      await expect.poll(isThere, { timeout: 30_000 }).toBe(true);
      running.signal('SIGINT');
      expect((await running.ended).code).toBe(130);
      await expect.poll(isThere, { timeout: 10_000 }).toBe(false);
    },
    timeoutMs,
  );

  it(
    'is refused for a deployment that has ended',
    async () => {
      expect((await world.json('stop', 'a', '--now')).code).toBe(0);
      const { code, last } = await world.json('bench', 'a', '--on-node');
      expect({ code, last }).toMatchObject({
        code: 1,
        last: { error: { code: 'bench_failed', message: expect.stringMatching(/because it is (stopped|draining)/) } },
      });
    },
    timeoutMs,
  );
});
