// A world in a box, without privileges: an SSH server of this user as the bastion, a local cluster, a home of its own for the CLI.
// What the CLI does in it is real: control runs on that bastion, jobs run here, requests go through two SSH connections.

import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { defined, errnoOf, Scope } from '@fairlead/kit';
import { createJobKey } from '@fairlead/ssh';
import { findSshd, type LocalSshServer, openBuiltinSshServer, openUserSshd } from '@fairlead/ssh/local-server';
import { stringify } from 'yaml';

import { loadRunCommand } from './load-run-command.ts';
import { processesOf } from './processes-of.ts';
import { compileCache } from './programs.ts';
import { type CliResult, type JsonLine, parseJsonLines, type RunningCli, startCli } from './start-cli.ts';

export interface WorldOptions {
  /** Which SSH server is the bastion; absent: the system's own sshd where there is one. */
  bastion?: 'sshd' | 'builtin';
  /** The account's login shell; builtin only. Absent: as the account has it. */
  shell?: string;
  /** Further lines of the bastion's sshd_config. */
  sshdConfig?: readonly string[];
  /** `cli`, `json` and `deploy` too start a process for each command. Absent: where there are built programs, they run it in this process. */
  withProcesses?: boolean;
  /** Makes the configuration that is written; the CLI checks it. */
  config?: (config: WorldConfig) => object;
}

/** fairlead.yaml as a world has it at first. (config's type is not used: engines, on which config is built, are tested with this package.) */
export type WorldConfig = ReturnType<typeof worldConfig>;

export interface CliOptions {
  stdin?: string | Buffer;
  env?: Record<string, string>;
  cwd?: string;
}

export interface World extends AsyncDisposable {
  readonly dir: string;
  /** The laptop's home. */
  readonly home: string;
  readonly configFile: string;
  readonly profileFile: string;
  /** What the CLI is run with, whole: HOME, FAIRLEAD_CONFIG, FAIRLEAD_PROFILE, PATH. */
  readonly env: Record<string, string>;
  readonly bastion: LocalSshServer;
  /**
   * `fairlead <args>` to its end; with `stdin` in a process of its own, else without (`withProcesses`). `exec` gives its command the
   * process's own output: `start` takes that.
   */
  cli(args: readonly string[], options?: CliOptions): Promise<CliResult>;
  /** The same with `--json`: the lines, and the last of them. */
  json(...args: string[]): Promise<CliResult & { lines: JsonLine[]; last: JsonLine }>;
  /** `fairlead <args>` that goes on, in a process of its own. */
  start(args: readonly string[], options?: CliOptions): RunningCli;
  /** Deploys the simulator under a name and waits until it is ready. */
  deploy(name: string, ...args: string[]): Promise<JsonLine>;
}

/** A socket's path is 104 bytes at most on macOS: /tmp is short everywhere. */
const parent = '/tmp';

/** Disposing it ends every process whose command line names its folder, and removes the folder. */
export async function openWorld(options: WorldOptions = {}): Promise<World> {
  const scope = new Scope();
  try {
    return await buildWorld(options, scope);
  } catch (error) {
    await scope[Symbol.asyncDispose]();
    throw error;
  }
}

async function buildWorld(options: WorldOptions, scope: Scope): Promise<World> {
  const dir = await realpath(await mkdtemp(join(parent, 'fl-world-')));
  scope.defer(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  scope.defer(() => endProcesses(dir));
  await Promise.all(['home', 'run', 'cluster', 'sshd'].map((name) => mkdir(join(dir, name), { mode: 0o700 })));
  const key = createJobKey();
  await writeFile(join(dir, 'id_ed25519'), key.privateKey.reveal(), { mode: 0o600 });
  const bastion = scope.use(await openBastion(dir, key.publicKey, options));
  await writeFile(join(dir, 'known_hosts'), `[${bastion.host}]:${bastion.port} ${bastion.hostKeyLine}\n`);
  const configFile = join(dir, 'fairlead.yaml');
  const config = worldConfig(dir, bastion);
  await writeFile(configFile, stringify(options.config?.(config) ?? config), { mode: 0o600 });
  const home = join(dir, 'home');
  const profileFile = join(dir, 'profile.json');
  const env = worldEnv({ home, configFile, profileFile });
  const running = new Set<RunningCli>();
  scope.defer(() => endAll(running));
  function start(args: readonly string[], { stdin, env: more, cwd = dir }: CliOptions = {}): RunningCli {
    const cli = startCli(args, { cwd, env: { ...env, ...more }, ...defined({ stdin }) });
    running.add(cli);
    const forget = () => void running.delete(cli);
    cli.ended.then(forget, forget);
    return cli;
  }
  const stop = new AbortController();
  scope.defer(() => stop.abort());
  const runCommand = options.withProcesses ? undefined : await loadRunCommand();
  function cli(args: readonly string[], cliOptions: CliOptions = {}): Promise<CliResult> {
    if (!runCommand || cliOptions.stdin !== undefined) return start(args, cliOptions).ended;
    const { env: more, cwd = dir } = cliOptions;
    return runCommand(args, { env: { ...env, ...more }, cwd, signal: stop.signal });
  }
  async function json(...args: string[]) {
    const result = await cli([...args, '--json']);
    const lines = parseJsonLines(result.stdout);
    return { ...result, lines, last: lines.at(-1) ?? {} };
  }
  return {
    dir,
    home,
    configFile,
    profileFile,
    env,
    bastion,
    start,
    json,
    cli,
    async deploy(name, ...args) {
      const { code, last, stderr } = await json('deploy', 'demo', '--name', name, ...args);
      if (code !== 0) throw new Error(`${name} is not ready: ${JSON.stringify(last)} ${stderr}`);
      return last;
    },
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

function worldEnv({ home, configFile, profileFile }: Pick<World, 'home' | 'configFile' | 'profileFile'>) {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    // Bundles are named by their content and may be shared with everything else on this machine.
    XDG_CACHE_HOME: process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
    FAIRLEAD_CONFIG: configFile,
    FAIRLEAD_PROFILE: profileFile,
    NO_COLOR: '1',
    ...compileCache(),
  };
}

async function openBastion(dir: string, publicKey: string, options: WorldOptions): Promise<LocalSshServer> {
  const server = { dir: join(dir, 'sshd'), authorizedKeys: [publicKey] };
  const kind = options.bastion ?? ((await findSshd()) ? 'sshd' : 'builtin');
  if (kind === 'builtin') return openBuiltinSshServer({ ...server, ...defined({ shell: options.shell }) });
  return openUserSshd({ ...server, ...defined({ extraConfig: options.sshdConfig }) });
}

function worldConfig(dir: string, bastion: LocalSshServer) {
  const here = { kind: 'local' as const, paths: { state: join(dir, 'cluster'), scratch: dir }, node: process.execPath };
  const clusters: Record<string, typeof here> = { here };
  return {
    defaultCluster: 'here',
    bastion: {
      fromLaptop: {
        host: bastion.host,
        port: bastion.port,
        user: bastion.user,
        identityFile: join(dir, 'id_ed25519'),
        knownHostsFile: join(dir, 'known_hosts'),
      },
      stateDir: join(dir, 'bastion'),
      runDir: join(dir, 'run'),
      node: process.execPath,
      authorizedKeysFile: bastion.authorizedKeysPath,
    },
    clusters,
  };
}

/** Commands that a test left running name the folder in their environment alone. */
async function endAll(running: ReadonlySet<RunningCli>): Promise<void> {
  for (const cli of running) endUnlessGone(() => cli.signal('SIGKILL'));
  await Promise.all([...running].map((cli) => cli.ended));
}

async function endProcesses(dir: string): Promise<void> {
  for (const { pid } of await processesOf(dir)) endUnlessGone(() => process.kill(pid, 'SIGKILL'));
}

/** It may have ended between the look and here. */
function endUnlessGone(end: () => void): void {
  try {
    end();
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH') throw error;
  }
}
