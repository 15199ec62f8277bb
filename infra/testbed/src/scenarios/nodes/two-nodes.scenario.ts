// A deployment over two nodes of a real Slurm: an agent on each under one srun, with the simulator's ranks, and what its user sees
// when a node's part, its agent or the network between the nodes fails.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestbed, type Testbed } from '../../index.ts';
import { Researcher } from '../researcher.ts';
import {
  agentPattern,
  cutNodes,
  filesLeft,
  noteOf,
  overTwo,
  partPattern,
  processesLeft,
  signalOn,
} from './node-steps.ts';

const timeoutMs = 180_000;

let testbed: Testbed;
let alice: Researcher;

beforeAll(async () => {
  testbed = await openTestbed({ nodes: 2 });
  alice = new Researcher(testbed);
}, 120_000);
afterAll(() => testbed[Symbol.asyncDispose]());

const statusText = async (name: string) => (await testbed.exec('laptop', ['fairlead', 'status', name])).stdout;

async function hasEnded(): Promise<void> {
  await expect.poll(async () => (await testbed.exec('login', ['squeue', '-h'])).stdout, { timeout: 60_000 }).toBe('');
  await expect.poll(() => processesLeft(testbed), { timeout: 20_000 }).toEqual([]);
}

async function isGone(): Promise<void> {
  await hasEnded();
  expect(await filesLeft(testbed)).toEqual([]);
}

describe('a deployment over two nodes', () => {
  test(
    'serves, shows both nodes and their logs, and leaves nothing on either when it is stopped',
    async () => {
      await alice.deploy('two', ...overTwo);
      const text = await statusText('two');
      expect(text).toMatch(/nodes +0 node1: running\n +1 node2: running/);
      const connected = await alice.connect('two');
      expect((await connected.ask()).status).toBe(200);
      const log = async (node: string) =>
        (await testbed.exec('laptop', ['fairlead', 'logs', 'two', '--node', node])).stdout;
      expect(await log('0')).toContain('world_size=2 rank=0');
      expect(await log('1')).toContain('world_size=2 rank=1');
      const all = (await testbed.exec('laptop', ['fairlead', 'logs', 'two', '--all-nodes'])).stdout;
      expect(all).toMatch(/^node1 \(rank 0\): .*world_size=2 rank=0/m);
      expect(all).toMatch(/^node2 \(rank 1\): .*world_size=2 rank=1/m);
      const began = Date.now();
      await alice.fairlead('stop', 'two');
      await expect.poll(() => processesLeft(testbed), { timeout: 20_000 }).toEqual([]);
      expect(Date.now() - began).toBeLessThan(15_000);
      await connected.running.ended;
      await isGone();
      expect(await log('1')).toContain('world_size=2 rank=1');
    },
    timeoutMs,
  );

  test(
    'is started again when the part of one node ends with code 0, and status names the node',
    async () => {
      const { instance } = await alice.deploy('part', ...overTwo);
      const sinceMs = Date.now();
      await signalOn(testbed, 'node2', ['TERM', partPattern]);
      const exited = await noteOf(testbed, instance, { kind: 'engine.exited', sinceMs });
      expect(exited.message).toMatch(/node2 \(rank 1\): the engine ended/);
      await noteOf(testbed, instance, { kind: 'engine.ready', sinceMs });
      await alice.until('part', ({ state }) => state.status === 'ready');
      await alice.fairlead('stop', 'part', '--now');
      await isGone();
    },
    timeoutMs,
  );

  test(
    'ends with the name of a node whose agent is killed',
    async () => {
      await alice.deploy('killed', ...overTwo);
      await signalOn(testbed, 'node2', ['KILL', agentPattern]);
      const { state } = await alice.until('killed', ({ state: { status } }) => status === 'failed');
      expect(state.cause).toMatchObject({ code: 'node_lost', message: expect.stringContaining('node2 (rank 1)') });
      await hasEnded();
      // Slurm kills what would have removed the directory of the killed agent, unless that was quicker: the next agent there does.
      const left = await filesLeft(testbed);
      expect(left.filter((file) => !/^node2: \/tmp\/fl-\w+/.test(file))).toEqual([]);
    },
    timeoutMs,
  );

  test(
    'ends with the name of a node that the network is cut off from, within 15 s known',
    async () => {
      await alice.deploy('cut', ...overTwo);
      const began = Date.now();
      {
        await using _cut = await cutNodes(testbed);
        await alice.until('cut', ({ state: { status } }) => status === 'degraded', 30_000);
        expect(Date.now() - began).toBeLessThan(20_000);
        expect(await statusText('cut')).toMatch(/node2 \(rank 1\) is lost: no word from its agent for 12 s/);
        const { state } = await alice.until('cut', ({ state: { status } }) => status === 'failed', 90_000);
        expect(state.cause).toMatchObject({ code: 'node_lost', message: expect.stringContaining('node2') });
      }
      await isGone();
    },
    timeoutMs,
  );

  test(
    'is drained on both nodes by Slurm’s warning, and ended by a plain scancel',
    async () => {
      const warned = await alice.deploy('warned', ...overTwo);
      await testbed.exec('login', ['scancel', '--batch', '--signal=USR2', warned.jobId]);
      const drained = await alice.until('warned', ({ state: { status } }) => status === 'stopped');
      expect(drained.state.cause?.code).toBe('requested');
      await isGone();
      const cancelled = await alice.deploy('cancelled', ...overTwo);
      await testbed.exec('login', ['scancel', cancelled.jobId]);
      const ended = await alice.until('cancelled', ({ state: { status } }) => status === 'stopped');
      expect(ended.state.cause?.code).toBe('cancelled');
      await isGone();
    },
    timeoutMs,
  );

  test(
    'over more nodes than there are is refused with the reason, before anything is submitted',
    async () => {
      const { code, last } = await alice.fairlead('deploy', 'demo', '--name', 'many', '--nodes', '3');
      expect(code).not.toBe(0);
      expect(last['error']).toMatchObject({ message: expect.stringContaining('partition gpu has 2 nodes: got 3') });
      expect((await testbed.exec('login', ['squeue', '-h'])).stdout).toBe('');
    },
    timeoutMs,
  );

  test(
    'runs beside another one on the same nodes',
    async () => {
      const names = ['one', 'other'];
      await Promise.all(names.map((name) => alice.deploy(name, ...overTwo)));
      for (const name of names) {
        const connected = await alice.connect(name);
        expect((await connected.ask()).status).toBe(200);
        await alice.fairlead('stop', name, '--now');
        await connected.running.ended;
      }
      await isGone();
    },
    timeoutMs,
  );
});
