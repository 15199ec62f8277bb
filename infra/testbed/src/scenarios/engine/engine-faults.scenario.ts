// Engines that do not start, exit or print too much, and what the researcher sees of it.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestbed, type Testbed } from '../../index.ts';
import { isToken, Researcher, type Running } from '../researcher.ts';

const timeoutMs = 120_000;

let testbed: Testbed;
let alice: Researcher;

beforeAll(async () => {
  testbed = await openTestbed({ nodes: 1 });
  alice = new Researcher(testbed);
}, 120_000);
afterAll(() => testbed[Symbol.asyncDispose]());

const fault = (text: string, ...more: string[]) => [
  '--set',
  `engines.sim.args=[--sim-fault, "${text}"]`,
  ...more.flatMap((value) => ['--set', value]),
];
const isGone = () =>
  expect.poll(async () => (await testbed.exec('login', ['squeue', '-h'])).stdout, { timeout: 30_000 }).toBe('');

describe('deploy', () => {
  test.each([
    [
      'that never becomes ready',
      fault('never-ready', 'engines.sim.readyLimitSeconds=2', 'engines.sim.stopLimitSeconds=2'),
      'engine_never_ready',
      /the engine answered no completion within 2 s/,
      /readyLimitSeconds/,
    ],
    [
      'that exits at once, for a cause that is known',
      fault('start-failure:gated-model'),
      'engine_start_failed',
      /gated repo/,
      /licence.*tokenFile/,
    ],
    [
      'that exits at once, again and again',
      fault('start-failure:segfault', 'health={crashLimit: 2, restartBaseSeconds: 0}'),
      'engine_crash_loop',
      /the engine ended 2 times within 30 minutes; the last time: .*SIGSEGV/,
      /ulimit -v/,
    ],
  ])(
    'of an engine %s ends with the cause, the cure and the last lines, and the job ends',
    async (_what, args, cause, words, cure) => {
      const { code, last } = await alice.fairlead('deploy', 'demo', '--name', 'r', ...args);
      expect(code).toBe(1);
      expect(last).toMatchObject({
        ok: false,
        error: { code: 'deploy_failed', message: expect.stringMatching(words), hint: expect.stringMatching(cure) },
      });
      expect((await alice.instance('r')).state).toMatchObject({ status: 'failed', cause: { code: cause } });
      await isGone();
    },
    timeoutMs,
  );
});

test(
  'an engine that exits with code 0 while it serves: streams are cut, it is started again, and status says why',
  async () => {
    await alice.deploy('leaver', ...fault('exit:0:8000', 'health={restartBaseSeconds: 0}'));
    const connected = await alice.connect('leaver');
    // It leaves 8 s after each start: one that was leaving has no token.
    const begun = async () => {
      const stream = connected.stream({ tokens: 500, decodeMs: 50 });
      return await stream.line(isToken).then(
        () => stream,
        () => undefined,
      );
    };
    let stream: Running | undefined;
    await expect.poll(async () => (stream = await begun()), { timeout: 60_000 }).toBeDefined();
    expect(await stream!.ended).toBeGreaterThan(0);
    expect(stream!.lines).not.toContain('data: [DONE]');
    await expect.poll(async () => (await connected.ask()).status, { timeout: 20_000 }).toBe(200);
    const { stdout } = await testbed.exec('laptop', ['fairlead', 'status', 'leaver']);
    expect(stdout).toContain('the engine ended by itself (exit code 0)');
    await alice.fairlead('stop', 'leaver', '--now');
    await connected.running.ended;
    await isGone();
  },
  timeoutMs,
);

test(
  'an engine that prints 200 MB of log goes on serving, and neither the disk use nor the memory of the agent grows with it',
  async () => {
    const { instance } = await alice.deploy('talker', ...fault('log:200'));
    const connected = await alice.connect('talker');
    expect((await connected.ask()).status).toBe(200);
    const folder = `.local/share/fairlead/jobs/${instance}`;
    const sizes = async () => {
      const { stdout } = await testbed.exec('login', ['sh', '-c', `cd ${folder}; wc -c engine.log* job.log agent.log`]);
      return Number(/(\d+) total/.exec(stdout)?.[1] ?? 0);
    };
    // Two files of 64 MiB at most.
    expect(await sizes()).toBeLessThan(140_000_000);
    const { stdout: rss } = await testbed.exec('node1', ['sh', '-c', 'ps -o rss= -p "$(pgrep -o -f agent.mjs)"']);
    expect(Number(rss)).toBeLessThan(300_000);
    expect((await connected.ask()).status).toBe(200);
    const { stdout: logs } = await testbed.exec('laptop', ['fairlead', 'logs', 'talker', '--source', 'engine']);
    expect(logs.split('\n').length).toBeLessThan(2_000);
    await alice.fairlead('stop', 'talker', '--now');
    await connected.running.ended;
  },
  timeoutMs,
);
