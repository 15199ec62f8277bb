// Faults of the parts of an engine over two nodes, and of the network between them: what is told, how soon, and that it serves again.

import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { openTestbed, type Testbed } from '../../index.ts';
import { type Connected, isToken, Researcher } from '../researcher.ts';
import {
  agentPattern,
  filesLeft,
  noteOf,
  notesSince,
  overTwo,
  partPattern,
  processesLeft,
  signalOn,
} from './node-steps.ts';

const timeoutMs = 180_000;

let testbed: Testbed;
let alice: Researcher;
let instance: string;
let connected: Connected;

beforeAll(async () => {
  testbed = await openTestbed({ nodes: 2 });
  alice = new Researcher(testbed);
}, 120_000);
afterAll(() => testbed[Symbol.asyncDispose]());

const servesAgain = async (sinceMs: number) => {
  await noteOf(testbed, instance, { kind: 'engine.ready', sinceMs });
  await expect.poll(async () => (await connected.ask()).status, { timeout: 20_000 }).toBe(200);
};

test(
  'two nodes are ready at most 4 s later than one',
  async () => {
    const readyAfterMs = async (name: string, ...args: string[]) => {
      const told = await alice.deploy(name, ...args);
      const [first] = await notesSince(testbed, told.instance, 0);
      const ready = await noteOf(testbed, told.instance, { kind: 'engine.ready', sinceMs: 0 });
      return { ...told, tookMs: ready.atMs - first!.atMs };
    };
    const one = await readyAfterMs('one');
    await alice.fairlead('stop', 'one', '--now');
    const two = await readyAfterMs('two', ...overTwo);
    expect(two.tookMs - one.tookMs).toBeLessThan(4_000);
    instance = two.instance;
    connected = await alice.connect('two');
  },
  timeoutMs,
);

test(
  'a part that is killed is known within a second, also that of the server, and the engine serves again',
  async () => {
    for (const [node, told] of [
      ['node2', /^node2 \(rank 1\): the engine /],
      ['node1', /^node1 \(rank 0\): the engine /],
    ] as const) {
      const sinceMs = Date.now();
      await signalOn(testbed, node, ['KILL', partPattern]);
      const killedMs = Date.now();
      const exited = await noteOf(testbed, instance, { kind: 'engine.exited', sinceMs });
      expect(exited.message).toMatch(told);
      expect(exited.atMs - killedMs).toBeLessThan(1_000);
      await servesAgain(sinceMs);
    }
  },
  timeoutMs,
);

test(
  'a node that is frozen under load is known within 15 s, and the engine serves again when it is back',
  async () => {
    const stream = connected.stream({ tokens: 400, decodeMs: 100 });
    await stream.line(isToken);
    const sinceMs = Date.now();
    const goOn = () => signalOn(testbed, 'node2', ['CONT', `${agentPattern}|${partPattern}`]);
    onTestFinished(goOn);
    await signalOn(testbed, 'node2', ['STOP', `${agentPattern}|${partPattern}`]);
    const lost = await noteOf(testbed, instance, { kind: 'node.lost', sinceMs });
    expect(lost.message).toMatch(/^node2 \(rank 1\) is lost: no word from its agent for 12 s/);
    expect(lost.atMs - sinceMs).toBeLessThan(15_000);
    await stream.ended;
    expect(stream.lines.filter(isToken).length).toBeLessThan(400);
    await goOn();
    await servesAgain(sinceMs);
  },
  timeoutMs,
);

test(
  'a part that ends while requests are drained ends the deployment as it was ordered; nothing is left within 10 s',
  async () => {
    const stream = connected.stream({ tokens: 400, decodeMs: 100 });
    await stream.line(isToken);
    const sinceMs = Date.now();
    const stopping = alice.fairlead('stop', 'two');
    await noteOf(testbed, instance, { kind: 'instance.draining', sinceMs });
    const killedMs = Date.now();
    await signalOn(testbed, 'node2', ['KILL', partPattern]);
    await expect.poll(() => processesLeft(testbed), { timeout: 20_000, interval: 200 }).toEqual([]);
    expect(Date.now() - killedMs).toBeLessThan(10_000);
    await stopping;
    expect((await alice.instance('two')).state).toMatchObject({ status: 'stopped', cause: { code: 'requested' } });
    expect(await filesLeft(testbed)).toEqual([]);
    await connected.running.ended;
  },
  timeoutMs,
);

test(
  'a part that fails while it starts is named, and one that always fails there ends the deployment',
  async () => {
    const args = (...words: string[]) => ['--set', `engines.sim.args=${JSON.stringify(words)}`];
    const fault = ['--sim-fault', 'start-failure:model-missing', '--sim-fault-rank', '1'];
    const once = ['--nodes', '2', '--set', 'health={crashLimit: 1}'];
    const { code, last } = await alice.fairlead('deploy', 'demo', '--name', 'model', ...once, ...args(...fault));
    expect(code).not.toBe(0);
    expect(last['error']).toMatchObject({ message: expect.stringMatching(/node2 \(rank 1\): /) });

    const slow = alice.start('deploy', 'demo', '--name', 'slow', ...overTwo, ...args('--sim-start-ms', '6000'));
    const submitted = JSON.parse(await slow.line((line) => line.includes('"deployment.submitted"'))) as {
      instance: string;
    };
    instance = submitted.instance;
    await expect
      .poll(() => notesSince(testbed, instance, 0).catch(() => []), { timeout: 30_000 })
      .toContainEqual(expect.objectContaining({ kind: 'node.started' }));
    const sinceMs = Date.now();
    await signalOn(testbed, 'node2', ['KILL', partPattern]);
    const exited = await noteOf(testbed, instance, { kind: 'engine.exited', sinceMs });
    expect(exited.message).toMatch(/^node2 \(rank 1\): /);
    await slow.ended;
    expect((await alice.instance('slow')).state.status).toBe('ready');
    await alice.fairlead('stop', 'slow', '--now');
    await expect.poll(() => processesLeft(testbed), { timeout: 20_000 }).toEqual([]);
  },
  timeoutMs,
);
