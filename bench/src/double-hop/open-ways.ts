// Opens ways to the same engine: a Fairlead deployment on this machine, and OpenSSH's forwards to its engine.

import { once } from 'node:events';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import type { Scope } from '@fairlead/kit';
import { openWorld, type World } from '@fairlead/testkit';
import { findSshd } from '@fairlead/ssh/local-server';

import { descendantsOf, type ProcessUse, readProcesses } from '../harness/processes.ts';
import { setup as useBuiltPrograms } from '@fairlead/scripts/build-for-tests';
import { openWorker, type Worker } from '../harness/worker.ts';
import type { LoadOrders, RequesterAddress } from './load-worker.ts';
import { openOpenSsh } from './openssh.ts';
import { measuredWays, type WayName } from './rows.ts';

export interface WaysOptions {
  /** Absent: all. */
  names?: readonly WayName[];
  /** Puts something between laptop and bastion: takes the bastion's port, resolves with the port at which laptops reach it. */
  between?: (port: number) => Promise<number>;
}

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

export async function openWays(
  scope: Scope,
  say: (line: string) => void,
  { names = measuredWays, between }: WaysOptions = {},
): Promise<Ways> {
  if (!(await findSshd())) throw new Error('cannot measure beside OpenSSH because this machine has no sshd');
  // What users have, and not its sources, which take more memory.
  await useBuiltPrograms();
  say('deploying the simulator behind an sshd of this user');
  const world = scope.use(await openWorld({ bastion: 'sshd' }));
  await world.deploy(deployment, '--set', 'engines.sim.args=["--disable-uvicorn-access-log"]');
  const laptop = await laptopOf(world, between);
  const engine = await findEngine(world);
  const load = scope.use(await openWorker<LoadOrders>(loadWorker));
  for (const way of names)
    await load.order('open', { way, address: await openers[way]({ scope, world, laptop, engine }) });
  return { load, idle: () => untilIdle(engine.socket), processes: () => partsOf(world) };
}

/** How the near ends reach the bastion. */
interface Laptop {
  port: number;
  profile: string;
  config: string;
}

interface Place {
  scope: Scope;
  world: World;
  laptop: Laptop;
  engine: { socket: string; key: string };
}

const openers: Readonly<Record<WayName, (place: Place) => Promise<RequesterAddress>>> = {
  direct: async ({ engine }) => ({ kind: 'raw', raw: { address: { path: engine.socket }, key: engine.key } }),
  openssh: (place) => throughOpenSsh(place, 'as typed'),
  'openssh-session': (place) => throughOpenSsh(place, 'with a session'),
  fairlead: (place) => throughConnect(place, ['--no-mux']),
  'fairlead-mux': (place) => throughConnect(place, []),
  sdk: async (place) => throughSdk(place, false),
  'sdk-mux': async (place) => throughSdk(place, true),
};

async function laptopOf(world: World, between: WaysOptions['between']): Promise<Laptop> {
  const { bastion, dir, profileFile, configFile } = world;
  if (!between) return { port: bastion.port, profile: profileFile, config: configFile };
  const port = await between(bastion.port);
  await appendFile(join(dir, 'known_hosts'), `[${bastion.host}]:${port} ${bastion.hostKeyLine}\n`);
  const [profile, config] = [join(dir, 'profile-between.json'), join(dir, 'between.yaml')];
  for (const [from, to] of [
    [profileFile, profile],
    [configFile, config],
  ] as const) {
    const text = await readFile(from, 'utf8');
    await writeFile(to, text.replaceAll(new RegExp(`("?port"?: ?)${bastion.port}\\b`, 'g'), `$1${port}`), {
      mode: 0o600,
    });
  }
  return { port, profile, config };
}

async function throughOpenSsh(
  { scope, world, laptop, engine }: Place,
  kind: 'as typed' | 'with a session',
): Promise<RequesterAddress> {
  const port = await openOpenSsh(scope, { world, engine: engine.socket, kind, laptopPort: laptop.port });
  return atPort(port, engine.key);
}

async function throughConnect({ world, laptop }: Place, words: string[]): Promise<RequesterAddress> {
  const args = ['connect', deployment, '--port', '0', '--json', ...words];
  const connect = world.start(args, { env: { FAIRLEAD_PROFILE: laptop.profile, FAIRLEAD_CONFIG: laptop.config } });
  const { baseUrl, apiKey } = JSON.parse(await connect.line((line) => line.includes('"baseUrl"')));
  return atPort(Number(new URL(baseUrl).port), apiKey);
}

function throughSdk({ world, laptop }: Place, mux: boolean): RequesterAddress {
  return { kind: 'sdk', sdk: { deployment, profile: laptop.profile, home: world.home, mux } };
}

function atPort(port: number, key: string): RequesterAddress {
  return { kind: 'raw', raw: { address: { host: '127.0.0.1', port }, key } };
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
