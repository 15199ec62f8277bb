// `fairlead stop` in every phase of a real vLLM's start. vLLM loses a SIGTERM in the longest of them.

import { afterAll, beforeAll, expect, test } from 'vitest';

import { openTestbed, type Testbed } from '../../index.ts';
import { Researcher } from '../researcher.ts';
import { realVllm, startTimeoutMs } from './real-vllm-deployment.ts';

let testbed: Testbed;
let alice: Researcher;

beforeAll(async () => {
  testbed = await openTestbed({ nodes: 1 });
  alice = new Researcher(testbed);
}, 120_000);
afterAll(() => testbed[Symbol.asyncDispose]());

const stopLimitSeconds = 20;
/** The engine's limit, and what agent, Slurm and the command need on a busy machine. */
const longestStopMs = (stopLimitSeconds + 30) * 1000;

test.each([
  ['it imports', 'imports', undefined],
  ['it has printed its banner', 'banner', /non-default args/],
  ['its EngineCore starts', 'core', /Initializing a V1/],
  ['its worker loads the model', 'load', /Starting to load model/],
  ['it has listed its routes', 'routes', /Available routes/],
])(
  'while %s: the job ends within its limit, as stopped, and nothing is left on the node',
  async (_when, name, printed) => {
    const deploying = alice.start(
      'deploy',
      ...realVllm(name, { more: [`engines.vllm.stopLimitSeconds=${stopLimitSeconds}`] }),
    );
    const first = await deploying.line((line) => line.includes('"deployment.submitted"'));
    const { instance } = JSON.parse(first) as { instance: string };
    const log = `.local/share/fairlead/jobs/${instance}/engine.log`;
    await expect
      .poll(async () => await testbed.exec('login', ['cat', log]), { timeout: 400_000, interval: 500 })
      .toMatchObject({ code: 0, stdout: expect.stringMatching(printed ?? /^/) });
    const askedMs = Date.now();
    const stopped = await alice.fairlead('stop', name, '--now');
    const tookMs = Date.now() - askedMs;
    process.stdout.write(`${name}: stopped after ${Math.round(tookMs / 1000)} s\n`);
    expect(stopped.last).toMatchObject({ event: 'deployment.stopped', ok: true });
    expect(tookMs).toBeLessThan(longestStopMs);
    expect((await alice.instance(name)).state).toMatchObject({ status: 'stopped', cause: { code: 'requested' } });
    await deploying.ended;
    await expect.poll(async () => (await testbed.exec('login', ['squeue', '-h'])).stdout, { timeout: 60_000 }).toBe('');
    expect((await testbed.exec('node1', ['pgrep', '-u', 'alice', '-a'], { user: 'root' })).stdout).toBe('');
  },
  startTimeoutMs,
);
