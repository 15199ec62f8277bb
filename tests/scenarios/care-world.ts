// A world whose cluster is reached by SSH and whose Slurm the test controls: the commands are scripts, the jobs are real
// processes, and the test can cut the connection to the login host. The testbed covers the behaviour of a real Slurm.

import { spawn } from 'node:child_process';
import { watch } from 'node:fs';
import { access, chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import { dirname, join } from 'node:path';

import { Scope } from '@fairlead/kit';
import { asList, type FairleadConfig } from '@fairlead/config';
import { openWorld, type World, type WorldOptions } from '@fairlead/testkit';

import { slurmScripts } from './care-slurm-scripts.ts';

export interface CareWorld extends AsyncDisposable {
  world: World;
  login: Way;
  slurm: ScriptedSlurm;
}

/** The connection to the login host: a relay in front of the same sshd. */
export interface Way {
  cut(): Promise<void>;
  restore(): Promise<void>;
}

export interface ScriptedSlurm {
  /** Holds `test` or `sbatch`, or loses its answer, until it is released. */
  rule(what: 'hold-test' | 'hold-sbatch' | 'lose-sbatch', isOn: boolean): Promise<void>;
  /** Resolves when a command waits at a hold. */
  held(what: 'hold-test' | 'hold-sbatch'): Promise<void>;
  /** Ids and names of all jobs, ended ones too. */
  jobs(): Promise<Array<{ id: string; name: string; state: string }>>;
  /** Starts a pending job: runs its submitted script. */
  start(id: string): Promise<void>;
}

export async function openCareWorld(options: Pick<WorldOptions, 'bastion' | 'shell'> = {}): Promise<CareWorld> {
  const scope = new Scope();
  try {
    const relay = scope.use(await openRelay());
    let login = { ...relay };
    const config = (given: FairleadConfig): FairleadConfig => {
      const bastion = given.bastion!;
      const dir = dirname(bastion.stateDir!);
      const [fromLaptop] = asList(bastion.fromLaptop);
      relay.target = { host: fromLaptop!.host, port: fromLaptop!.port! };
      login = relay;
      const route = { ...fromLaptop!, port: relay.port, knownHostsFile: join(dir, 'known_hosts_login') };
      const paths = { state: join(dir, 'cluster'), scratch: dir };
      const cluster = {
        kind: 'slurm' as const,
        login: route,
        slurm: { binDir: join(dir, 'slurm') },
        paths,
        node: process.execPath,
      };
      return { ...given, clusters: { here: cluster } };
    };
    const world = scope.use(await openWorld({ ...options, config }));
    await writeFile(
      join(world.dir, 'known_hosts_login'),
      `[${world.bastion.host}]:${relay.port} ${world.bastion.hostKeyLine}\n`,
    );
    return {
      world,
      login,
      slurm: await scriptSlurm(join(world.dir, 'slurm')),
      [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
    };
  } catch (error) {
    await scope[Symbol.asyncDispose]();
    throw error;
  }
}

interface Relay extends Way, AsyncDisposable {
  port: number;
  target: { host: string; port: number } | undefined;
}

async function openRelay(): Promise<Relay> {
  const open = new Set<Socket>();
  const listen = async (port: number) => {
    const server = createServer((near) => {
      if (!relay.target) return near.destroy();
      const far = connect(relay.target);
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        open.add(from);
        from.on('error', () => to.destroy());
        from.on('close', () => {
          open.delete(from);
          to.destroy();
        });
        from.pipe(to);
      }
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return server;
  };
  let server = await listen(0);
  const { port } = server.address() as AddressInfo;
  const cut = async () => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of open) socket.destroy();
    await closed;
  };
  const relay: Relay = {
    port,
    target: undefined,
    cut,
    restore: async () => {
      server = await listen(port);
    },
    [Symbol.asyncDispose]: cut,
  };
  return relay;
}

async function scriptSlurm(dir: string): Promise<ScriptedSlurm> {
  await mkdir(join(dir, 'jobs'), { recursive: true });
  for (const [name, script] of Object.entries(slurmScripts)) {
    await writeFile(join(dir, name), script);
    await chmod(join(dir, name), 0o755);
  }
  const read = async (id: string) => (await readFile(join(dir, 'jobs', id), 'utf8')).trim().split('|');
  return {
    rule: async (what, isOn) => (isOn ? writeFile(join(dir, what), '') : rm(join(dir, what), { force: true })),
    held: (what) => untilThere(join(dir, `${what}-reached`)),
    jobs: async () => {
      const ids = (await readdir(join(dir, 'jobs'))).filter((name) => /^\d+$/.test(name));
      return Promise.all(
        ids.map(async (id) => ({ id, name: (await read(id))[1] ?? '', state: (await read(id))[0] ?? '' })),
      );
    },
    start: async (id) => {
      const [, name, workDir = '', script = ''] = await read(id);
      const state = (now: string) => writeFile(join(dir, 'jobs', id), `${now}|${name}|${workDir}|${script}\n`);
      await state('RUNNING');
      const env = { PATH: process.env['PATH'] ?? '', HOME: workDir, SLURM_JOB_ID: id };
      const child = spawn('sh', ['-c', 'exec sh "$1" >job.log 2>&1', 'sh', script], {
        cwd: workDir,
        env,
        detached: true,
        stdio: 'ignore',
      });
      await writeFile(join(dir, 'jobs', `${id}.pid`), String(child.pid));
      child.on('exit', (code) => void state(code === 0 ? 'COMPLETED' : 'FAILED').catch(ignoreGone));
    },
  };
}

/** The world's folder may be removed before its last job ends. */
function ignoreGone(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

async function untilThere(path: string): Promise<void> {
  const seen = new AbortController();
  const { promise, resolve } = Promise.withResolvers<void>();
  const watcher = watch(dirname(path), { signal: seen.signal }, (_event, name) => {
    if (name !== null && path.endsWith(`/${name}`)) resolve();
  });
  watcher.on('error', () => undefined);
  access(path).then(resolve, () => undefined);
  await promise;
  seen.abort();
  await rm(path, { force: true });
}
