// The network between two nodes of a deployment: slow, cut in both directions or one, reset; while it serves, starts and drains.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestbed, type Testbed } from '../../index.ts';
import { type Connected, isToken, Researcher } from '../researcher.ts';
import {
  agentPattern,
  connectMs,
  cutNodes,
  filesLeft,
  noteOf,
  notesSince,
  overTwo,
  processesLeft,
  signalOn,
  slowNodes,
} from './node-steps.ts';

const timeoutMs = 180_000;

let testbed: Testbed;
let alice: Researcher;
let instance: string;
let connected: Connected;

beforeAll(async () => {
  testbed = await openTestbed({ nodes: 2 });
  alice = new Researcher(testbed);
  ({ instance } = await alice.deploy('net', ...overTwo));
  connected = await alice.connect('net');
}, 180_000);
afterAll(() => testbed[Symbol.asyncDispose]());

const servesAgain = async (sinceMs: number) => {
  await noteOf(testbed, instance, { kind: 'engine.ready', sinceMs, limitMs: 60_000 });
  await expect.poll(async () => (await connected.ask()).status, { timeout: 20_000 }).toBe(200);
};

const isSlow = () => expect.poll(() => connectMs(testbed), { timeout: 10_000 }).toBeGreaterThan(100);

async function hasEnded(): Promise<void> {
  await expect
    .poll(async () => (await testbed.exec('login', ['squeue', '-h'])).stdout, { timeout: 90_000, interval: 500 })
    .toBe('');
  await expect.poll(() => processesLeft(testbed), { timeout: 30_000 }).toEqual([]);
}

test(
  'a network of 1 Mbit/s with 100 to 200 ms of delay between the nodes is no failure',
  async () => {
    const sinceMs = Date.now();
    await using _slow = await slowNodes(testbed);
    await isSlow();
    // Longer than the 12 s after which a silent node is lost.
    const stream = connected.stream({ tokens: 150, decodeMs: 100 });
    await stream.ended;
    expect(stream.lines.filter(isToken).length).toBe(150);
    await isSlow();
    const kinds = (await notesSince(testbed, instance, sinceMs)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => /^(?:node|engine)\./.test(kind))).toEqual([]);
  },
  timeoutMs,
);

test.each([
  ['in both directions', 'both'],
  ['from the other node alone', 'out'],
] as const)(
  'a network that is cut %s under load is told within 15 s with the name of the node, and the engine serves again behind it',
  async (_what, way) => {
    const stream = connected.stream({ tokens: 400, decodeMs: 100 });
    await stream.line(isToken);
    const sinceMs = Date.now();
    {
      await using _cut = await cutNodes(testbed, { way });
      const lost = await noteOf(testbed, instance, { kind: 'node.lost', sinceMs });
      expect(lost.message).toMatch(/^node2 \(rank 1\) is lost: /);
      expect(lost.atMs - sinceMs).toBeLessThan(15_000);
    }
    await stream.ended;
    await servesAgain(sinceMs);
  },
  timeoutMs,
);

test(
  'connections between the nodes that are reset are told with the name of the node, and the engine serves again behind it',
  async () => {
    const stream = connected.stream({ tokens: 400, decodeMs: 100 });
    await stream.line(isToken);
    const sinceMs = Date.now();
    {
      await using _reset = await cutNodes(testbed, { resets: true });
      const exited = await noteOf(testbed, instance, { kind: 'engine.exited', sinceMs });
      // The agents' connection is reset too; which of the two is told depends on when the model makes its next step.
      expect(exited.message).toMatch(/^node2 \(rank 1\) (?:is lost: its connection has |has closed its connections, )/);
      expect(exited.atMs - sinceMs).toBeLessThan(15_000);
    }
    await stream.ended;
    await servesAgain(sinceMs);
  },
  timeoutMs,
);

test(
  'a network that is cut while requests are drained ends the deployment as it was ordered',
  async () => {
    const stream = connected.stream({ tokens: 400, decodeMs: 100 });
    await stream.line(isToken);
    const stopping = alice.fairlead('stop', 'net');
    await noteOf(testbed, instance, { kind: 'instance.draining', sinceMs: 0 });
    {
      await using _cut = await cutNodes(testbed);
      const { state } = await alice.until('net', ({ state: { status } }) => status === 'stopped', 90_000);
      expect(state).toMatchObject({ cause: { code: 'requested' } });
      await hasEnded();
    }
    await stopping;
    await stream.ended;
    await connected.running.ended;
    expect(await filesLeft(testbed)).toEqual([]);
  },
  timeoutMs,
);

test(
  'a network that is cut while the engine starts is told within 15 s, and the engine is ready behind it',
  async () => {
    const slow = ['--set', 'engines.sim.args=["--sim-start-ms", "6000"]'];
    const starting = alice.start('deploy', 'demo', '--engine', 'sim', '--name', 'start', ...overTwo, ...slow);
    const submitted = await starting.line((line) => line.includes('"deployment.submitted"'));
    ({ instance } = JSON.parse(submitted) as { instance: string });
    await expect
      .poll(() => notesSince(testbed, instance, 0).catch(() => []), { timeout: 30_000 })
      .toContainEqual(expect.objectContaining({ kind: 'node.started' }));
    const sinceMs = Date.now();
    {
      await using _cut = await cutNodes(testbed);
      const lost = await noteOf(testbed, instance, { kind: 'node.lost', sinceMs });
      expect(lost.atMs - sinceMs).toBeLessThan(15_000);
    }
    expect(await starting.ended).toBe(0);
    connected = await alice.connect('start');
    expect((await connected.ask()).status).toBe(200);
  },
  timeoutMs,
);

test(
  'an agent that is killed while requests are drained leaves nothing running, and the order stays the cause of the end',
  async () => {
    const stream = connected.stream({ tokens: 400, decodeMs: 100 });
    await stream.line(isToken);
    const stopping = alice.fairlead('stop', 'start');
    await noteOf(testbed, instance, { kind: 'instance.draining', sinceMs: 0 });
    await signalOn(testbed, 'node2', ['KILL', agentPattern]);
    await hasEnded();
    await stopping;
    await stream.ended;
    await connected.running.ended;
    expect((await alice.instance('start')).state).toMatchObject({ status: 'stopped', cause: { code: 'requested' } });
  },
  timeoutMs,
);
