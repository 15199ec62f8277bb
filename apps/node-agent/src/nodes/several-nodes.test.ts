// The agents of a job over two nodes, as real processes with the simulator's ranks, and what happens when one of them dies, freezes
// or goes away.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseSamples } from '@fairlead/engines/metrics';
import { type InstanceReported, socketName } from '@fairlead/protocol';
import { controlIdentity } from '@fairlead/carrier/testing';
import { describe, it } from 'vitest';
import { findMarked } from '../engine/find-processes.ts';
import { type AgentWorld, openAgentWorld } from '../testing/agent-world.ts';
import { askChat, askMetrics, chatRequest } from '../testing/ask-endpoint.ts';
import { type FakeControl, openFakeControl } from '../testing/fake-control.ts';
import { nodeEnvironment, runNodeAgent } from '../testing/run-node-agent.ts';
import { runTestAgent } from '../testing/run-test-agent.ts';

const engine = { name: 'sim', nodes: 2, args: [], stopLimitSeconds: 10 };

const isUp = ({ state, endpointGeneration }: InstanceReported) =>
  state.status === 'ready' && endpointGeneration !== undefined;

/** A job of two nodes: the leader in this process, the worker as one of its own, and a control that writes down. */
async function openJob(args: string[] = []) {
  const world = await openAgentWorld();
  const control = await openFakeControl({ runDir: world.runDir, identity: controlIdentity });
  const spec = { engine: { ...engine, args } };
  const leader = await runTestAgent(world, { spec, env: { ...nodeEnvironment(0), CUDA_VISIBLE_DEVICES: '0,1' } });
  const worker = runNodeAgent(join(world.dir, 'spec.json'), 1, { CUDA_VISIBLE_DEVICES: '2,3' });
  return {
    world,
    control,
    leader,
    worker,
    async [Symbol.asyncDispose]() {
      await leader[Symbol.asyncDispose]();
      await worker[Symbol.asyncDispose]();
      await control[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
    },
  };
}

async function leftOf({ spec }: AgentWorld): Promise<number[]> {
  const marks = [0, 1].map((rank) => findMarked(`FAIRLEAD_INSTANCE=${spec.instanceId}.${rank}`));
  return (await Promise.all(marks)).flat();
}

/** The pid of the worker's part, once it runs. */
async function partPid(control: FakeControl, after = 0): Promise<number> {
  const { message } = await control.heard('event.happened', ({ kind, id }) => kind === 'node.started' && id > after);
  return Number(/pid (\d+)/.exec(message)?.[1]);
}

describe.concurrent('the agents of a job over two nodes', () => {
  it('start one engine, report both nodes, serve, and leave nothing behind', async ({ expect }) => {
    await using job = await openJob();
    const { world, control, leader, worker } = job;
    const ready = await control.heard('instance.reported', isUp);
    expect(ready.nodes).toMatchObject([
      { rank: 0, gpus: ['gpu 0', 'gpu 1'], state: { status: 'running' } },
      { rank: 1, gpus: ['gpu 2', 'gpu 3'], state: { status: 'running' } },
    ]);
    const socket = join(world.runDir, socketName(String(world.spec.instanceId), 1, 'data'));
    expect((await askChat(socket, chatRequest())).status).toBe(200);
    const resident = parseSamples((await askMetrics(socket)).body).filter(
      ({ name }) => name === 'fairlead_agent_resident_bytes',
    );
    expect(resident.map(({ labels }) => labels['rank'])).toEqual(['0', '1']);
    for (const { value } of resident) expect(value).toBeGreaterThan(10_000_000);
    control.send({ type: 'log.tail', orderId: 't1', source: 'engine', node: 1, lines: 50, follow: false, credit: 10 });
    const { lines } = await control.heard('log.chunk', ({ orderId }) => orderId === 't1');
    expect(lines.join('\n')).toContain('headless multiproc executor, with head node address 127.0.0.1:');
    control.send({ type: 'instance.drain', orderId: 'o1' });
    await expect(leader.exit).resolves.toBe('ended');
    expect(await worker.exited).toBe(0);
    expect(await leftOf(world)).toEqual([]);
    expect(await readdir(world.scratchDir)).toEqual([]);
    const logs = await Promise.all([0, 1].map((rank) => readFile(join(world.jobDir, `engine.${rank}.log`), 'utf8')));
    expect(logs[0]).toContain('world_size=2 rank=0');
    expect(logs[1]).toContain('world_size=2 rank=1');
    for (const secret of [world.spec.enrolmentToken, world.spec.apiKey])
      expect(logs.join('') + worker.said).not.toContain(secret);
  });

  it('name the node whose part has ended, with code 0 too, and start the engine again on both', async ({ expect }) => {
    await using job = await openJob();
    const { control } = job;
    await control.heard('instance.reported', isUp);
    process.kill(await partPid(control), 'SIGTERM');
    const exited = await control.heard('event.happened', ({ kind }) => kind === 'engine.exited');
    expect(exited.message).toMatch(/\(rank 1\): the engine ended .*code 0/);
    await control.heard('instance.reported', ({ state }) => state.status === 'degraded');
    await partPid(control, exited.id);
    await control.heard('event.happened', ({ kind, id }) => kind === 'engine.ready' && id > exited.id);
  });

  it('run a copy of the model on each node, name the one that has ended, and leave nothing behind', async ({
    expect,
  }) => {
    await using job = await openJob(['--data-parallel-size', '2']);
    const { world, control, leader, worker } = job;
    await control.heard('instance.reported', isUp);
    const socket = join(world.runDir, socketName(String(world.spec.instanceId), 1, 'data'));
    expect((await askChat(socket, chatRequest())).status).toBe(200);
    // The server itself would never notice that a copy is gone.
    process.kill(await partPid(control), 'SIGTERM');
    const exited = await control.heard('event.happened', ({ kind }) => kind === 'engine.exited');
    expect(exited.message).toMatch(/\(rank 1\): the engine ended .*code 0/);
    await control.heard('event.happened', ({ kind, id }) => kind === 'engine.ready' && id > exited.id);
    control.send({ type: 'instance.drain', orderId: 'o1' });
    await expect(leader.exit).resolves.toBe('ended');
    expect(await worker.exited).toBe(0);
    expect(await leftOf(world)).toEqual([]);
    const log = await readFile(join(world.jobDir, 'engine.1.log'), 'utf8');
    expect(log).toContain('Launching 1 data parallel engine(s) in headless mode, with head node address tcp://');
  });

  it('end with the name of a node whose agent is killed, when Slurm ends the job for it', async ({ expect }) => {
    await using job = await openJob();
    const { world, control, leader, worker } = job;
    await control.heard('instance.reported', isUp);
    worker.signal('SIGKILL');
    await worker.exited;
    await expect.poll(async () => (await findMarked(`FAIRLEAD_INSTANCE=${world.spec.instanceId}.1`)).length).toBe(0);
    leader.signal('SIGTERM');
    await expect(leader.exit).resolves.toBe('node_lost');
    const last = control.messages.filter((message) => message.type === 'instance.reported').at(-1);
    expect(last).toMatchObject({ state: { status: 'failed', cause: { code: 'node_lost' } } });
    expect(JSON.stringify(last)).toContain('(rank 1): its connection has');
    expect(await leftOf(world)).toEqual([]);
  });

  it('name a node that is frozen within 15 s, and serve again when it comes back', async ({ expect }) => {
    await using job = await openJob();
    const { control, worker } = job;
    await control.heard('instance.reported', isUp);
    const part = await partPid(control);
    const began = Date.now();
    worker.signal('SIGSTOP');
    process.kill(part, 'SIGSTOP');
    const lost = await control.heard('event.happened', ({ kind }) => kind === 'node.lost');
    // By the leader's clock: this process may be held up.
    expect(lost.atMs - began).toBeLessThan(15_000);
    expect(lost.message).toMatch(/\(rank 1\) is lost: no word from its agent for 12 s/);
    const report = await control.heard('instance.reported', ({ nodes }) => nodes[1]?.state.status === 'lost');
    expect(report.state.status).toBe('degraded');
    worker.signal('SIGCONT');
    await control.heard('event.happened', ({ kind, id }) => kind === 'node.joined' && id > lost.id);
    await control.heard('event.happened', ({ kind, id }) => kind === 'engine.ready' && id > lost.id);
  });

  it('go on with the same engine when the leader was frozen for 13 s, and is back', async ({ expect }) => {
    await using world = await openAgentWorld();
    const path = await world.writeSpec({ engine });
    await using leader = runNodeAgent(path, 0);
    await using worker = runNodeAgent(path, 1);
    await expect.poll(() => leader.said).toContain('first completion');
    leader.signal('SIGSTOP');
    await expect.poll(() => worker.said, { timeout: 20_000 }).toContain('the leader is away');
    leader.signal('SIGCONT');
    await expect.poll(() => worker.said.split('joined the leader').length).toBe(3);
    leader.signal('SIGTERM');
    expect([await leader.exited, await worker.exited]).toEqual([0, 0]);
    expect(leader.said.split('first completion').length).toBe(2);
    expect(leader.said).not.toContain('is lost');
  });

  it('save what every part shows, when the engine hangs', async ({ expect }) => {
    // Late enough for the first completion, by which the engine is ready.
    await using job = await openJob(['--sim-fault', 'hang:5000']);
    const { world, control } = job;
    const { message } = await control.heard('event.happened', ({ kind }) => kind === 'engine.reported');
    expect(message).toMatch(/\/engine-hang\.0-\w+\.txt, \S+\/engine-hang\.1-\w+\.txt$/);
    const report = (await readdir(world.jobDir)).find((name) => name.startsWith('engine-hang.1-')) ?? '';
    expect(await readFile(join(world.jobDir, report), 'utf8')).toContain('headless multiproc executor');
  });

  it('stop without their leader, and leave nothing behind', async ({ expect }) => {
    await using world = await openAgentWorld();
    const path = await world.writeSpec({ engine });
    await using leader = runNodeAgent(path, 0);
    await using worker = runNodeAgent(path, 1);
    await expect.poll(() => leader.said).toContain('first completion');
    leader.signal('SIGKILL');
    expect(await worker.exited).toBe(17);
    expect(worker.said).toContain('no way to the leader');
    await expect.poll(() => leftOf(world)).toEqual([]);
    await expect.poll(() => readdir(world.scratchDir)).toEqual([]);
  });

  it('refuse a second agent of one rank, which says so and ends, and go on', async ({ expect }) => {
    await using job = await openJob();
    const { world, control, worker } = job;
    await control.heard('instance.reported', isUp);
    await using second = runNodeAgent(join(world.dir, 'spec.json'), 1);
    expect(await second.exited).toBe(18);
    expect(second.said).toMatch(/ends: rank 1 has an agent already: .*, agent \w+\. This one is refused: /);
    await control.heard('event.happened', ({ kind }) => kind === 'node.refused');
    expect(worker.said).not.toContain('the leader is away');
    expect(
      control.messages.some((message) => message.type === 'event.happened' && message.kind === 'engine.exited'),
    ).toBe(false);
  });

  it('wait for each other, whichever comes first', async ({ expect }) => {
    await using world = await openAgentWorld();
    const path = await world.writeSpec({ engine });
    await using worker = runNodeAgent(path, 1);
    await expect.poll(() => worker.said).toContain('runs rank 1 of 2');
    await using leader = runNodeAgent(path, 0);
    await expect.poll(() => leader.said).toContain('first completion');
    leader.signal('SIGTERM');
    expect([await leader.exited, await worker.exited]).toEqual([0, 0]);
  });
});
