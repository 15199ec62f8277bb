// A real Ray over two nodes of a real Slurm, started and ended by our agents. In place of vLLM, whose CPU build refuses Ray, a program asks
// it for a placement group over both nodes, runs an actor on each, and then the simulator.

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openTestbed, type Testbed } from '../../index.ts';
import { rayDriver, rayVenv } from '../../real-vllm/prepare-real-vllm.ts';
import { asRoot } from '../break-site.ts';
import { cutNodes, filesLeft, noteOf, processesLeft } from '../nodes/node-steps.ts';
import { Researcher } from '../researcher.ts';
import { startTimeoutMs } from './real-vllm-deployment.ts';

let testbed: Testbed;
let alice: Researcher;

beforeAll(async () => {
  testbed = await openTestbed({ nodes: 2 });
  alice = new Researcher(testbed);
}, 120_000);
afterAll(() => testbed[Symbol.asyncDispose]());

function onRay(...more: string[]): string[] {
  const command = [`${rayVenv}/bin/python`, rayDriver, '{node}', '{engineSim}', 'serve'];
  const settings = [
    'engines.sim.executor=ray',
    `engines.sim.rayCommand=[${rayVenv}/bin/ray]`,
    `engines.sim.command=${JSON.stringify(command)}`,
    'health={crashLimit: 9, restartBaseSeconds: 0}',
    'slurm.mem=6G',
    ...more,
  ];
  return ['--nodes', '2', ...settings.flatMap((setting) => ['--set', setting])];
}

const statusText = async (name: string) => (await testbed.exec('laptop', ['fairlead', 'status', name])).stdout;
const engineLog = async (name: string, node: string) =>
  (await testbed.exec('laptop', ['fairlead', 'logs', name, '--node', node, '--lines', '1000'])).stdout;
const pkill = (node: string, signal: string, pattern: string) =>
  testbed.exec(node, ['pkill', `-${signal}`, '-u', 'alice', '-f', pattern], { user: 'root' });
const raysOf = async (node: string) =>
  (await testbed.exec(node, ['pgrep', '-u', 'alice', '-f', 'ray start'], { user: 'root' })).stdout.trim();
const isReady = (name: string) => alice.until(name, ({ state }) => state.status === 'ready', startTimeoutMs);
const timesIn = (log: string, words: string) => log.split(words).length - 1;

async function isGone(): Promise<void> {
  await expect.poll(async () => (await testbed.exec('login', ['squeue', '-h'])).stdout, { timeout: 60_000 }).toBe('');
  await expect.poll(() => processesLeft(testbed), { timeout: 20_000 }).toEqual([]);
  expect(await filesLeft(testbed)).toEqual([]);
}

describe('a deployment on Ray over two nodes', () => {
  test(
    'serves through both hops, uses Ray again when the engine alone ends, and leaves nothing on either node',
    async () => {
      await alice.deploy('ray', ...onRay());
      const log = await engineLog('ray', '0');
      expect(log).toContain('Ray: all nodes are there (2, each with 0 GPUs)');
      expect(log).toContain("workers on [('node1', '10.77.0.11'), ('node2', '10.77.0.12')]");
      const connected = await alice.connect('ray');
      expect((await connected.ask()).status).toBe(200);
      const listeners = await asRoot(testbed, 'node1', 'ss -ltnpH');
      expect(listeners).toContain('gcs_server');
      expect(await asRoot(testbed, 'node1', 'cat /proc/[0-9]*/cmdline | tr "\\0" " "')).not.toContain(
        (await asRoot(testbed, 'node1', 'cat /tmp/flc-*/token')).trim(),
      );

      const rays = await Promise.all(['node1', 'node2'].map(raysOf));
      await pkill('node1', 'KILL', 'engine-sim.mjs serve');
      await expect.poll(() => statusText('ray'), { timeout: 30_000 }).toMatch(/the engine/);
      await isReady('ray');
      expect((await connected.ask()).status).toBe(200);
      expect(await Promise.all(['node1', 'node2'].map(raysOf))).toEqual(rays);
      expect(timesIn(await engineLog('ray', '0'), 'Ray runtime started')).toBe(1);

      const began = Date.now();
      await alice.fairlead('stop', 'ray', '--now');
      await expect.poll(() => processesLeft(testbed), { timeout: 30_000 }).toEqual([]);
      expect(Date.now() - began).toBeLessThan(20_000);
      await connected.running.ended;
      await isGone();
    },
    startTimeoutMs,
  );

  test.each([
    ['the raylet of the other node is killed', 'node2', 'KILL', '/raylet ', /node2 \(rank 1\): Ray failed/],
    ['the head is killed', 'node1', 'KILL', '/gcs_server ', /Ray failed/],
  ])(
    'starts Ray again on both nodes when %s, and says so',
    async (_what, node, signal, pattern, words) => {
      const name = node === 'node1' ? 'head' : 'raylet';
      await alice.deploy(name, ...onRay());
      await pkill(node, signal, pattern);
      await expect.poll(() => statusText(name), { timeout: 30_000 }).toMatch(words);
      await isReady(name);
      expect(timesIn(await engineLog(name, '0'), 'Ray runtime started')).toBe(2);
      await alice.fairlead('stop', name, '--now');
      await isGone();
    },
    startTimeoutMs,
  );

  test(
    'ends with the name of a node that is cut off, and leaves nothing behind when the network is back',
    async () => {
      await alice.deploy('cut', ...onRay());
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
    startTimeoutMs,
  );

  test(
    'names a node that is frozen within 15 s, and serves again on a new Ray when it is back',
    async () => {
      const { instance } = await alice.deploy('frozen', ...onRay());
      const sinceMs = Date.now();
      const everything = 'agent.mjs --spec|ray';
      const goOn = () => pkill('node2', 'CONT', everything);
      onTestFinished(async () => void (await goOn()));
      await pkill('node2', 'STOP', everything);
      const lost = await noteOf(testbed, instance, { kind: 'node.lost', sinceMs });
      expect(lost.message).toMatch(/^node2 \(rank 1\) is lost: no word from its agent for 12 s/);
      expect(lost.atMs - sinceMs).toBeLessThan(15_000);
      await goOn();
      await noteOf(testbed, instance, { kind: 'engine.ready', sinceMs, limitMs: startTimeoutMs });
      expect(timesIn(await engineLog('frozen', '0'), 'Ray runtime started')).toBe(2);
      await alice.fairlead('stop', 'frozen', '--now');
      await isGone();
    },
    startTimeoutMs,
  );

  test(
    'ends within its limits when it is stopped while Ray starts',
    async () => {
      const deploying = alice.start('deploy', 'demo', '--engine', 'sim', '--name', 'early', ...onRay());
      await deploying.line((line) => line.includes('"deployment.submitted"'));
      await expect.poll(() => raysOf('node2'), { timeout: 60_000 }).not.toBe('');
      await alice.fairlead('stop', 'early', '--now');
      await isGone();
      await deploying.ended;
    },
    startTimeoutMs,
  );

  test(
    'shows its dashboard through the tunnel to who has the token, where it was deployed with one',
    async () => {
      await alice.deploy('board', ...onRay('engines.sim.dashboard=true'));
      expect(await asRoot(testbed, 'node1', 'ss -ltnH | grep :8265 || true')).toBe('');
      const opening = alice.start('dashboard', 'board');
      const first = await opening.line((line) => line.includes('"dashboard.opened"'));
      const { url } = JSON.parse(first) as { url: string };
      const curl = async (...args: string[]) =>
        (await testbed.exec('laptop', ['curl', '-s', '--max-time', '60', ...args], { user: 'alice' })).stdout;
      const { origin, searchParams } = new URL(url);
      const key = `authorization: Bearer ${searchParams.get('token')}`;
      expect(JSON.parse(await curl(`${origin}/api/version`, '-H', key))).toMatchObject({ ray_version: '2.60.0' });
      expect(await curl('-L', '-c', '/dev/null', url)).toMatch(/<title>Ray Dashboard<\/title>/);
      expect(await curl('-o', '/dev/null', '-w', '%{http_code}', `${origin}/api/version`)).toBe('403');
      opening.signal('SIGINT');
      await opening.ended;
      await alice.fairlead('stop', 'board', '--now');
      await isGone();
    },
    startTimeoutMs,
  );

  test(
    'without a dashboard says how to get one',
    async () => {
      await alice.deploy('plain', '--nodes', '2');
      const { code, last } = await alice.fairlead('dashboard', 'plain');
      expect(code).toBe(1);
      expect(JSON.stringify(last)).toContain('dashboard_missing');
      await alice.fairlead('stop', 'plain', '--now');
      await isGone();
    },
    startTimeoutMs,
  );
});
