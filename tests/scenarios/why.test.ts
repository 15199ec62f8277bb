// Why a deployment failed, as its user asks: `fairlead why`, and `fairlead explain` of a file.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { openWorld, type World } from '@fairlead/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const timeoutMs = 60_000;

function failing(...faults: string[]) {
  return {
    model: 'fairlead/demo',
    engine: 'sim' as const,
    gpus: 0,
    args: faults.flatMap((fault) => ['--sim-fault', fault]),
  };
}

let world: World;
beforeAll(async () => {
  const presets = { long: failing('start-failure:kv-too-small'), dies: failing('engine-death:1000') };
  world = await openWorld({ config: (config) => ({ ...config, presets }) });
}, timeoutMs);
afterAll(() => world?.[Symbol.asyncDispose](), timeoutMs);

describe('why', () => {
  it(
    'says of a start that failed what happened, what to change, and the line that proves it',
    async () => {
      expect((await world.json('deploy', 'long', '--name', 'long')).code).toBe(1);
      const { code, last } = await world.json('why', 'long');
      expect(code).toBe(0);
      expect(last).toMatchObject({
        event: 'deployment.explained',
        ok: true,
        name: 'long',
        state: { status: 'failed', cause: { code: 'engine_start_failed' } },
        log: 'engine',
        diagnosis: {
          verdict: 'failed',
          id: 'context-too-long-for-kv',
          cure: expect.stringMatching(/--max-model-len \d+/),
          retry: false,
          evidence: [{ text: expect.stringContaining('To serve at least one request') }],
        },
      });
    },
    timeoutMs,
  );

  it(
    'says of a deployment that serves that it is ready, and reads no log for it',
    async () => {
      await world.deploy('fine');
      const { last } = await world.json('why', 'fine');
      expect(last).toMatchObject({ event: 'deployment.explained', name: 'fine', state: { status: 'ready' } });
      expect(last).not.toHaveProperty('diagnosis');
    },
    timeoutMs,
  );

  it(
    'names an EngineCore that died, in the history of its deployment, although the engine ends with exit code 0',
    async () => {
      const settings = ['--set', 'health={restartBaseSeconds: 600}', '--no-wait'];
      expect((await world.json('deploy', 'dies', '--name', 'dies', ...settings)).code).toBe(0);
      const history = async () => JSON.stringify((await world.json('events', 'dies')).lines);
      await expect
        .poll(history, { timeout: 30_000 })
        .toContain("vLLM's EngineCore was killed; the engine then ended with exit code 0");
      const { last } = await world.json('why', 'dies');
      expect(last).toMatchObject({ state: { status: 'degraded' }, diagnosis: { id: 'engine-core-killed' } });
    },
    timeoutMs,
  );

  it('ends with 3 where nothing has that name', async () => {
    expect((await world.json('why', 'nothing')).code).toBe(3);
  });
});

describe('explain', () => {
  it('judges a file, with the line of its proof', async () => {
    const file = join(world.dir, 'slurm.out');
    await writeFile(file, 'hello\nslurmstepd: error: Detected 1 oom_kill event in StepId=42.batch.\n');
    expect(await world.json('explain', file)).toMatchObject({
      code: 0,
      last: { event: 'log.explained', file, verdict: 'failed', id: 'job-out-of-memory', evidence: [{ line: 2 }] },
    });
  });

  it('says that it does not know, where it does not', async () => {
    const file = join(world.dir, 'odd.log');
    await writeFile(file, 'Traceback (most recent call last):\nKeyError: odd\n');
    expect((await world.json('explain', file)).last).toMatchObject({
      verdict: 'unknown',
      why: expect.stringContaining('KeyError: odd'),
      evidence: [{ line: 2, text: 'KeyError: odd' }],
    });
  });

  it.each([
    ['missing.log', undefined, /cannot be read/],
    ['packed.log', Buffer.from([0x1f, 0x8b, 8, 0]), /is compressed/],
  ])('refuses %s as wrong usage', async (name, bytes, words) => {
    const file = join(world.dir, name);
    if (bytes) await writeFile(file, bytes);
    expect(await world.json('explain', file)).toMatchObject({
      code: 2,
      last: { error: { code: 'usage', message: expect.stringMatching(words) } },
    });
  });
});
