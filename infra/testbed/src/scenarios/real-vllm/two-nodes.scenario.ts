// A real vLLM over two nodes of a real Slurm, by its own backend: tensor-parallel 2, a process group that meets over the network
// between the nodes.

import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { openTestbed, type Testbed } from '../../index.ts';
import { filesLeft, noteOf, processesLeft, signalOn } from '../nodes/node-steps.ts';
import { Researcher } from '../researcher.ts';
import { fastArgs, realVllm, startTimeoutMs } from './real-vllm-deployment.ts';

let testbed: Testbed;
let alice: Researcher;
let instance: string;

beforeAll(async () => {
  testbed = await openTestbed({ nodes: 2 });
  alice = new Researcher(testbed);
  const settings = {
    args: [...fastArgs, '--tensor-parallel-size', '2'],
    env: { VLLM_CPU_OMP_THREADS_BIND: 'nobind', OMP_NUM_THREADS: '1' },
    more: ['health={crashLimit: 9, restartBaseSeconds: 0}'],
  };
  const { last, stderr } = await alice.fairlead('deploy', ...realVllm('two', settings), '--nodes', '2');
  expect(last, stderr).toMatchObject({ event: 'deployment.ready' });
  instance = String(last['instance']);
}, startTimeoutMs);
afterAll(() => testbed[Symbol.asyncDispose]());

test(
  'it serves, is started again on both nodes when a worker is killed under load or its node is frozen, and leaves nothing behind',
  async () => {
    const connected = await alice.connect('two');
    expect((await connected.ask()).status).toBe(200);
    const log = await testbed.exec('laptop', ['fairlead', 'logs', 'two', '--node', '1', '--lines', '1000']);
    expect(log.stdout).toMatch(/headless multiproc executor, with head node address 10\.77\.0\.11:\d+/);
    expect(log.stdout).toContain('rank 1 in world size 2 is assigned');

    // vLLM's own processes on the other node then end with code 0, and rank 0 may be gone before them: it fails at its next step.
    const stream = connected.stream({ tokens: 50_000, decodeMs: 0 });
    await stream.line((line) => line.startsWith('data: {'));
    const killedMs = Date.now();
    await signalOn(testbed, 'node2', ['KILL', 'VLLM::Worker']);
    const exited = await noteOf(testbed, instance, { kind: 'engine.exited', sinceMs: killedMs });
    expect(exited.message).toMatch(/^node2 \(rank 1\): the engine/);
    expect(exited.atMs - killedMs).toBeLessThan(4_000);
    await stream.ended;
    await noteOf(testbed, instance, { kind: 'engine.ready', sinceMs: killedMs, limitMs: startTimeoutMs });
    expect((await connected.ask()).status).toBe(200);

    // A frozen rank is not noticed by vLLM while it is idle.
    const frozenMs = Date.now();
    await signalOn(testbed, 'node2', ['STOP', '.']);
    onTestFinished(() => signalOn(testbed, 'node2', ['CONT', '.']));
    const lost = await noteOf(testbed, instance, { kind: 'node.lost', sinceMs: frozenMs });
    expect(lost.atMs - frozenMs).toBeLessThan(15_000);
    await signalOn(testbed, 'node2', ['CONT', '.']);
    await noteOf(testbed, instance, { kind: 'engine.ready', sinceMs: frozenMs, limitMs: startTimeoutMs });
    await expect.poll(async () => (await connected.ask()).status, { timeout: 20_000 }).toBe(200);

    const began = Date.now();
    await alice.fairlead('stop', 'two', '--now');
    await expect.poll(() => processesLeft(testbed), { timeout: 30_000 }).toEqual([]);
    expect(Date.now() - began).toBeLessThan(20_000);
    expect(await filesLeft(testbed)).toEqual([]);
    await connected.running.ended;
  },
  3 * startTimeoutMs,
);
