// Nodes of a job that are lost for good: how the deployment ends, that nothing is left, and that the next one leaves them out.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestbed, type Testbed } from '../../index.ts';
import { asRoot } from '../break-site.ts';
import { Researcher } from '../researcher.ts';
import { agentPattern, cutNodes, filesLeft, noteOf, overTwo, processesLeft, signalOn } from './node-steps.ts';

const timeoutMs = 240_000;
const nodes = ['node1', 'node2', 'node3'];

let testbed: Testbed;
let alice: Researcher;

beforeAll(async () => {
  testbed = await openTestbed({ nodes: 3 });
  alice = new Researcher(testbed);
}, 120_000);
afterAll(() => testbed[Symbol.asyncDispose]());

const squeue = async (...args: string[]) => (await testbed.exec('login', ['squeue', '-h', ...args])).stdout.trim();

async function hasEnded(): Promise<void> {
  await expect.poll(() => squeue(), { timeout: 60_000 }).toBe('');
  await expect.poll(() => processesLeft(testbed, nodes), { timeout: 20_000 }).toEqual([]);
}

test(
  'a node that no longer hears the leader is named within 15 s, ends the deployment, and is left out by the next one',
  async () => {
    const { instance } = await alice.deploy('cut', ...overTwo);
    const sinceMs = Date.now();
    await using _cut = await cutNodes(testbed, { way: 'in' });
    const lost = await noteOf(testbed, instance, { kind: 'node.lost', sinceMs });
    expect(lost.message).toMatch(/^node2 \(rank 1\) is lost: /);
    expect(lost.atMs - sinceMs).toBeLessThan(15_000);
    const { state } = await alice.until('cut', ({ state: { status } }) => status === 'failed', 90_000);
    expect(state.cause).toMatchObject({ code: 'node_lost', badNodes: ['node2'] });
    await hasEnded();
    expect(await filesLeft(testbed, nodes)).toEqual([]);

    const again = await alice.fairlead('deploy', 'demo', '--engine', 'sim', '--name', 'cut', ...overTwo);
    expect(again.last, again.stderr).toMatchObject({ event: 'deployment.ready' });
    expect(again.stderr).toContain('node2 failed when cut ran last: left out');
    expect(await squeue('-o', '%N')).toBe('node[1,3]');
    await alice.fairlead('stop', 'cut', '--now');
    await hasEnded();
  },
  timeoutMs,
);

test(
  'a node whose agent cannot start, because its disk is full, is named with what the agent said',
  async () => {
    await asRoot(testbed, 'node2', 'mount -t tmpfs -o mode=1777,nr_inodes=1 full /tmp');
    const { code, last } = await alice.fairlead('deploy', 'demo', '--engine', 'sim', '--name', 'full', ...overTwo);
    await asRoot(testbed, 'node2', 'umount /tmp');
    expect(code).not.toBe(0);
    expect(JSON.stringify(last)).toMatch(/node2.*cannot make a node-local directory/);
    await hasEnded();
  },
  timeoutMs,
);

test(
  'an agent that is killed while the engine starts ends the deployment with the name of its node',
  async () => {
    const slow = ['--set', 'engines.sim.args=["--sim-start-ms", "60000"]'];
    const starting = alice.start('deploy', 'demo', '--engine', 'sim', '--name', 'early', ...overTwo, ...slow);
    const { instance } = JSON.parse(await starting.line((line) => line.includes('"deployment.submitted"'))) as {
      instance: string;
    };
    await noteOf(testbed, instance, { kind: 'node.started', sinceMs: 0 });
    await signalOn(testbed, 'node2', ['KILL', agentPattern]);
    expect(await starting.ended).not.toBe(0);
    const { state } = await alice.until('early', ({ state: { status } }) => status === 'failed');
    expect(state.cause).toMatchObject({ code: 'node_lost', badNodes: ['node2'] });
    await hasEnded();
  },
  timeoutMs,
);

test(
  'a job that is put back into the queue runs again over its nodes as the next start',
  async () => {
    const extra = ['--set', 'slurm.extra=["#SBATCH --requeue"]'];
    const { instance, jobId } = await alice.deploy('again', ...overTwo, ...extra);
    await asRoot(testbed, 'ctl', `scontrol requeue ${jobId}`);
    const wanted = ({ state, restart }: { state: { status: string }; restart?: number }) =>
      state.status === 'ready' && restart === 1;
    expect(await alice.until('again', wanted, 90_000)).toMatchObject({ id: instance, jobId });
    await alice.fairlead('stop', 'again', '--now');
    await hasEnded();
    expect(await filesLeft(testbed, nodes)).toEqual([]);
  },
  timeoutMs,
);

test(
  "the leader's node that dies is told by Slurm, and the other one ends its part and leaves",
  async () => {
    const extra = ['--set', 'slurm.extra=["#SBATCH --no-kill"]'];
    await alice.deploy('led', ...overTwo, ...extra);
    const sinceMs = Date.now();
    await testbed.crash('node1');
    await expect.poll(() => processesLeft(testbed, ['node2']), { timeout: 90_000, interval: 1_000 }).toEqual([]);
    // It waits 30 s for its leader.
    expect(Date.now() - sinceMs).toBeLessThan(75_000);
    // Slurm kills what is left of a job whose node failed, without a signal before: the next agent there removes its directory.
    const left = await filesLeft(testbed, ['node2']);
    expect(left.filter((file) => !/^node2: \/tmp\/fl-\w+/.test(file))).toEqual([]);
    const { state } = await alice.until('led', ({ state: { status } }) => status === 'failed', 60_000);
    expect(state.cause?.code).toMatch(/^(agent_lost|job_ended)$/);
  },
  timeoutMs,
);

test(
  "a worker's node that dies while Slurm lets the job run on is named by the leader, which ends the job",
  async () => {
    // node1 is down by now.
    const { instance, jobId } = await alice.deploy('worked', ...overTwo, '--set', 'slurm.extra=["#SBATCH --no-kill"]');
    expect(await squeue('-j', jobId, '-o', '%N')).toBe('node[2-3]');
    const sinceMs = Date.now();
    await testbed.crash('node3');
    const lost = await noteOf(testbed, instance, { kind: 'node.lost', sinceMs });
    expect(lost.message).toMatch(/^node3 \(rank 1\) is lost: /);
    expect(lost.atMs - sinceMs).toBeLessThan(15_000);
    const { state } = await alice.until('worked', ({ state: { status } }) => status === 'failed', 90_000);
    // srun ends its step for a failed node all the same, and may be quicker than the leader, which waits for the node to come back.
    expect(state.cause).toMatchObject({ code: 'node_lost', badNodes: ['node3'] });
    await expect.poll(() => processesLeft(testbed, ['node2']), { timeout: 20_000 }).toEqual([]);
  },
  timeoutMs,
);
