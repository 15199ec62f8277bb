// A real vLLM whose processes are frozen, with the limits that a deployment has when its user sets none: how soon the agent finds the
// hang, what it saves, and what it does not take for one. An idle EngineCore is frozen in serving.scenario.ts.

import { afterAll, beforeAll, expect, test } from 'vitest';

import { openTestbed, type Testbed } from '../../index.ts';
import { type Connected, isToken, Researcher } from '../researcher.ts';
import { foundHung, hangLimitMs, notedSince } from './engine-notes.ts';
import { realVllm, startTimeoutMs } from './real-vllm-deployment.ts';

let testbed: Testbed;
let alice: Researcher;
let connected: Connected;
let instance: string;

const onNode = async (...argv: string[]) => (await testbed.exec('node1', argv, { user: 'root' })).stdout.trim();
const enginePid = (pattern: string) => onNode('pgrep', '-u', 'alice', '-o', '-f', pattern);

beforeAll(async () => {
  testbed = await openTestbed({ nodes: 1 });
  alice = new Researcher(testbed);
  const more = ['health={crashLimit: 9, restartBaseSeconds: 0}'];
  const { last } = await alice.fairlead('deploy', ...realVllm('hang', { more }));
  expect(last).toMatchObject({ event: 'deployment.ready' });
  instance = String(last['instance']);
  connected = await alice.connect('hang');
}, startTimeoutMs);
afterAll(() => testbed[Symbol.asyncDispose]());

test(
  'a prompt of nearly 100,000 tokens, which takes minutes, is not taken for a hang',
  async () => {
    const sinceMs = Date.now();
    // One byte is one token at least.
    const content = 'zq'.repeat(48_000);
    const body = JSON.stringify({ model: 'tiny', max_tokens: 1, messages: [{ role: 'user', content }] });
    const { stdout } = await testbed.exec(
      'laptop',
      ['curl', '-s', '--max-time', '500', `${connected.baseUrl}/chat/completions`]
        .concat(['-H', `authorization: Bearer ${connected.apiKey}`, '-H', 'content-type: application/json'])
        .concat(['-d', '@-']),
      { stdin: body },
    );
    const { usage } = JSON.parse(stdout) as { usage: { prompt_tokens: number } };
    expect(usage.prompt_tokens).toBeGreaterThan(90_000);
    expect((await notedSince(testbed, instance, sinceMs)).map(({ kind }) => kind)).not.toContain('engine.degraded');
  },
  startTimeoutMs,
);

test.each([
  ['EngineCore, busy', 'VLLM::EngineCore', true],
  ['the API server, idle', 'vllm serve', false],
] as const)(
  'a frozen engine is found hung within a minute, what it shows is saved, and it serves again: %s',
  async (what, pattern, isBusy) => {
    const stream = isBusy ? connected.stream({ tokens: 60_000, decodeMs: 0 }) : undefined;
    await stream?.line(isToken);
    const frozenMs = Date.now();
    await onNode('kill', '-STOP', await enginePid(pattern));
    const { tookMs, message, report } = await foundHung(testbed, instance, frozenMs);
    process.stdout.write(`${what}: hung after ${Math.round(tookMs / 1000)} s (${message})\n`);
    expect(tookMs).toBeLessThanOrEqual(hangLimitMs);
    expect(report).toMatch(/^State:\s+T \(stopped\)$/m);
    expect(report).toContain('VLLM::Worker');
    // What faulthandler prints for each frame.
    expect(report).toMatch(/File ".*\.py", line \d+ in \w/);
    expect(report).toMatch(/last lines of its log\n.*\S/s);
    if (stream) expect(await stream.ended).toBeDefined();
    await expect.poll(async () => (await connected.ask()).status, { timeout: 400_000, interval: 1000 }).toBe(200);
    // The late exit of the hung engine is none of the next one.
    expect((await notedSince(testbed, instance, frozenMs)).map(({ kind }) => kind)).not.toContain('engine.exited');
    const { last } = await alice.fairlead('why', 'hang');
    expect(last).toMatchObject({ diagnosis: { id: 'engine-hung' }, report: expect.stringContaining('engine-hang-') });
  },
  startTimeoutMs,
);
