// A real vLLM over two nodes, tensor-parallel, whose processes are killed or frozen on either node, idle and under load: what is told as
// the cause, how soon, and that it serves again.

import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { openTestbed, type Testbed } from '../../index.ts';
import { agentPattern, filesLeft, noteOf, processesLeft, signalOn } from '../nodes/node-steps.ts';
import { type Connected, isToken, Researcher } from '../researcher.ts';
import { overTwoNodes, realVllm, startTimeoutMs } from './real-vllm-deployment.ts';

let testbed: Testbed;
let alice: Researcher;
let connected: Connected;
let instance: string;

beforeAll(async () => {
  testbed = await openTestbed({ nodes: 2 });
  alice = new Researcher(testbed);
  const { last, stderr } = await alice.fairlead('deploy', ...realVllm('two', overTwoNodes), '--nodes', '2');
  expect(last, stderr).toMatchObject({ event: 'deployment.ready' });
  instance = String(last['instance']);
  connected = await alice.connect('two');
}, startTimeoutMs);
afterAll(() => testbed[Symbol.asyncDispose]());

const servesAgain = async (sinceMs: number) => {
  await noteOf(testbed, instance, { kind: 'engine.ready', sinceMs, limitMs: startTimeoutMs });
  await expect.poll(async () => (await connected.ask()).status, { timeout: 60_000 }).toBe(200);
};

/** Of all processes of alice there the oldest with that name or command line. */
const kill = (node: string, pattern: string) =>
  testbed.exec(node, ['pkill', '-KILL', '-o', '-u', 'alice', '-f', pattern], { user: 'root' });

const parts = [
  ['a worker on the other node', 'node2', '^VLLM::Worker', /^node2 \(rank 1\): the engine's worker VllmWorker-1 /],
  ['the main process there', 'node2', 'vllm serve', /^node2 \(rank 1\): the engine was killed by SIGKILL/],
  ['EngineCore', 'node1', '^VLLM::EngineCore', /^node1 \(rank 0\): vLLM's EngineCore was killed/],
  ['the worker beside it', 'node1', '^VLLM::Worker', /^node1 \(rank 0\): the engine's worker VllmWorker-0 /],
  ['the API server', 'node1', 'vllm serve', /^node1 \(rank 0\): the engine was killed by SIGKILL/],
] as const;

test.each(['idle', 'under load'].flatMap((when) => parts.map(([what, ...part]) => [what, when, ...part] as const)))(
  'names %s within a second when it is killed %s, and serves again',
  async (what, when, node, pattern, words) => {
    const stream = when === 'idle' ? undefined : connected.stream({ tokens: 60_000, decodeMs: 0 });
    await stream?.line(isToken);
    const sinceMs = Date.now();
    await kill(node, pattern);
    const killedMs = Date.now();
    const exited = await noteOf(testbed, instance, { kind: 'engine.exited', sinceMs });
    process.stdout.write(`${what}, ${when}: told after ${exited.atMs - killedMs} ms\n`);
    expect(exited.message).toMatch(words);
    expect(exited.atMs - killedMs).toBeLessThan(1_000);
    await stream?.ended;
    await servesAgain(sinceMs);
  },
  startTimeoutMs,
);

test.each(['idle', 'under load'])(
  'names a node that is frozen %s within 15 s, and serves again when it is back',
  async (when) => {
    const stream = when === 'idle' ? undefined : connected.stream({ tokens: 60_000, decodeMs: 0 });
    await stream?.line(isToken);
    const sinceMs = Date.now();
    const everything = 'agent.mjs --spec|vllm serve|VLLM::';
    const goOn = () => signalOn(testbed, 'node2', ['CONT', everything]);
    onTestFinished(goOn);
    await signalOn(testbed, 'node2', ['STOP', everything]);
    const lost = await noteOf(testbed, instance, { kind: 'node.lost', sinceMs });
    expect(lost.message).toMatch(/^node2 \(rank 1\) is lost: no word from its agent for 12 s/);
    expect(lost.atMs - sinceMs).toBeLessThan(15_000);
    await stream?.ended;
    await goOn();
    await servesAgain(sinceMs);
  },
  startTimeoutMs,
);

test(
  'ends with the name of a node whose agent is killed under load',
  async () => {
    const stream = connected.stream({ tokens: 60_000, decodeMs: 0 });
    await stream.line(isToken);
    await signalOn(testbed, 'node2', ['KILL', agentPattern]);
    const { state } = await alice.until('two', ({ state: { status } }) => status === 'failed');
    expect(state.cause).toMatchObject({ code: 'node_lost', badNodes: ['node2'] });
    await stream.ended;
    await connected.running.ended;
    await expect.poll(() => processesLeft(testbed), { timeout: 30_000 }).toEqual([]);
    // Slurm kills what would have removed the files of the killed agent and its engine: the next agent there removes the directory.
    expect(
      (await filesLeft(testbed)).filter((file) => !/^node2: (?:\/tmp\/fl-|\/dev\/shm\/(?:psm_|sem\.mp-))/.test(file)),
    ).toEqual([]);
  },
  startTimeoutMs,
);
