// Opens seven ways to the same engine: a Fairlead deployment on this machine, and OpenSSH's forwards to its engine.

import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import type { Scope } from '@fairlead/kit';
import { openWorld, type World } from '@fairlead/testkit';
import { findSshd } from '@fairlead/ssh/local-server';

import { descendantsOf, type ProcessUse, readProcesses } from '../harness/processes.ts';
import { openWorker, type Worker } from '../harness/worker.ts';
import type { LoadOrders, RequesterAddress } from './load-worker.ts';
import { openOpenSsh } from './openssh.ts';
import type { WayName } from './rows.ts';

export interface Ways {
  load: Worker<LoadOrders>;
  /** Resolves when the engine is idle: streams that a client left have ended on all hops. */
  idle(): Promise<void>;
  /** All processes that may take part, and what they have used so far. */
  processes(): Promise<ProcessUse[]>;
}

const deployment = 'bench';
const idlePollMs = 50;
const idleTimeoutMs = 30_000;
const loadWorker = fileURLToPath(new URL('./load-worker.ts', import.meta.url));

export async function openWays(scope: Scope, say: (line: string) => void): Promise<Ways> {
  if (!(await findSshd())) throw new Error('cannot measure beside OpenSSH because this machine has no sshd');
  say('deploying the simulator behind an sshd of this user');
  const world = scope.use(await openWorld({ bastion: 'sshd' }));
  await world.deploy(deployment, '--set', 'engines.sim.args=["--disable-uvicorn-access-log"]');
  const channels = await openConnect(world, ['--no-mux']);
  const mux = await openConnect(world, []);
  const engine = await findEngine(world);
  const raw = (address: { path: string } | { host: string; port: number }, key: string): RequesterAddress => ({
    kind: 'raw',
    raw: { address, key },
  });
  const local = (port: number) => ({ host: '127.0.0.1', port });
  const addresses: Record<WayName, RequesterAddress> = {
    direct: raw({ path: engine.socket }, engine.key),
    openssh: raw(local(await openOpenSsh(scope, { world, engine: engine.socket, kind: 'as typed' })), engine.key),
    'openssh-session': raw(
      local(await openOpenSsh(scope, { world, engine: engine.socket, kind: 'with a session' })),
      engine.key,
    ),
    fairlead: raw(local(channels.port), channels.apiKey),
    'fairlead-mux': raw(local(mux.port), mux.apiKey),
    sdk: { kind: 'sdk', sdk: { deployment, profile: world.profileFile, home: world.home, mux: false } },
    'sdk-mux': { kind: 'sdk', sdk: { deployment, profile: world.profileFile, home: world.home, mux: true } },
  };
  const load = scope.use(await openWorker<LoadOrders>(loadWorker));
  for (const [way, address] of Object.entries(addresses)) await load.order('open', { way, address });
  return { load, idle: () => untilIdle(engine.socket), processes: () => partsOf(world) };
}

async function openConnect(world: World, words: string[]): Promise<{ port: number; apiKey: string }> {
  const connect = world.start(['connect', deployment, '--port', '0', '--json', ...words]);
  const { baseUrl, apiKey } = JSON.parse(await connect.line((line) => line.includes('"baseUrl"')));
  return { port: Number(new URL(baseUrl).port), apiKey };
}

/** The engine's socket is in its command line, its key in its environment, which its own user may read. */
async function findEngine(world: World): Promise<{ socket: string; key: string }> {
  const engine = (await readProcesses()).find(({ argv }) => argv.includes(world.dir) && argv.includes(' --uds '));
  if (!engine) throw new Error('the deployment has no engine');
  const environment = (await readFile(`/proc/${engine.pid}/environ`, 'utf8')).split('\0');
  const key = environment.find((line) => line.startsWith('VLLM_API_KEY='))?.slice('VLLM_API_KEY='.length);
  return { socket: / --uds (\S+)/.exec(engine.argv)?.[1] ?? '', key: key ?? '' };
}

async function untilIdle(socketPath: string): Promise<void> {
  const endMs = performance.now() + idleTimeoutMs;
  while (!/^vllm:num_requests_running\{[^}]*\} 0(\.0)?$/m.test(await readMetrics(socketPath))) {
    if (performance.now() > endMs) throw new Error(`the engine still has requests after ${idleTimeoutMs / 1000} s`);
    await delay(idlePollMs);
  }
}

async function readMetrics(socketPath: string): Promise<string> {
  const asked = request({ socketPath, path: '/metrics', agent: false }).end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  return text(answer);
}

async function partsOf({ dir }: World): Promise<ProcessUse[]> {
  const all = await readProcesses();
  const ours = new Set(descendantsOf(process.pid, all).map(({ pid }) => pid));
  return all.filter(({ pid, argv }) => ours.has(pid) || argv.includes(dir));
}
