// A real vLLM over two nodes of a real Slurm, by its own backend: tensor-parallel 2, a process group that meets over the network
// between the nodes.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestbed, type Testbed } from '../../index.ts';
import { filesLeft, processesLeft } from '../nodes/node-steps.ts';
import { Researcher } from '../researcher.ts';
import { overTwoNodes, realVllm, startTimeoutMs } from './real-vllm-deployment.ts';

let testbed: Testbed;
let alice: Researcher;

beforeAll(async () => {
  testbed = await openTestbed({ nodes: 2 });
  alice = new Researcher(testbed);
  const { last, stderr } = await alice.fairlead('deploy', ...realVllm('two', overTwoNodes), '--nodes', '2');
  expect(last, stderr).toMatchObject({ event: 'deployment.ready' });
}, startTimeoutMs);
afterAll(() => testbed[Symbol.asyncDispose]());

test(
  'it serves, is started again on both nodes when one of its workers is killed, and leaves nothing behind',
  async () => {
    const connected = await alice.connect('two');
    expect((await connected.ask()).status).toBe(200);
    const log = await testbed.exec('laptop', ['fairlead', 'logs', 'two', '--node', '1', '--lines', '1000']);
    expect(log.stdout).toMatch(/headless multiproc executor, with head node address 10\.77\.0\.11:\d+/);
    expect(log.stdout).toContain('rank 1 in world size 2 is assigned');

    // vLLM's own processes on the other node then end with code 0, and rank 0 notices nothing while it is idle.
    await testbed.exec('node2', ['pkill', '-KILL', '-u', 'alice', 'VLLM::Worker'], { user: 'root' });
    const status = async () => (await testbed.exec('laptop', ['fairlead', 'status', 'two'])).stdout;
    await expect.poll(status, { timeout: 20_000 }).toMatch(/node2 \(rank 1\): the engine/);
    await alice.until('two', ({ state }) => state.status === 'ready', startTimeoutMs);
    expect((await connected.ask()).status).toBe(200);

    const began = Date.now();
    await alice.fairlead('stop', 'two', '--now');
    await expect.poll(() => processesLeft(testbed), { timeout: 30_000 }).toEqual([]);
    expect(Date.now() - began).toBeLessThan(20_000);
    expect(await filesLeft(testbed)).toEqual([]);
    await connected.running.ended;
  },
  2 * startTimeoutMs,
);
