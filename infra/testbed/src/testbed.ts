// A testbed as an object: runs commands in its hosts, cuts and heals connections, crashes and boots hosts.

import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process';
import { join } from 'node:path';
import { bootFilesOf } from './hosts/boot-files.ts';
import { checkUser, enterArgv, type EnterOptions } from './hosts/enter.ts';
import { cutRules, openPortArgs } from './hosts/firewall.ts';
import { bootHost, changeRouter, crashHost, initOf, loadCut, startHosts } from './hosts/hosts.ts';
import { findHost, type Plan } from './plan.ts';
import { runArgv, type FinishedCommand } from './processes/run-command.ts';
import { planOf, requireState, writeState, type TestbedState } from './state.ts';

export interface ExecOptions extends EnterOptions {
  stdin?: string | Buffer;
  /** Kills the command on abort. */
  signal?: AbortSignal;
}

export interface SpawnOptions extends EnterOptions {
  stdio?: StdioOptions;
  /** Starts a new process group, so that a signal reaches the command and all processes that it started. Default true. */
  detached?: boolean;
}

/** Controls a testbed that is up, also one that another process brought up. Holds no state: each call reads it from the file. */
export class TestbedHandle {
  readonly name: string;
  readonly directory: string;

  constructor(name: string, directory: string) {
    this.name = name;
    this.directory = directory;
  }

  /** Each host's /var/log, as `<logDir>/<host>`. */
  get logDir(): string {
    return join(this.directory, 'log');
  }

  state(): TestbedState {
    return requireState(this.directory, this.name);
  }

  plan(): Plan {
    return planOf(this.state());
  }

  /** Resolves when the command has ended and its output is closed; any exit status is a result, not an error. */
  async exec(host: string, argv: readonly string[], options: ExecOptions = {}): Promise<FinishedCommand> {
    return runArgv(this.#enter(host, argv, options), options);
  }

  /** Returns the shell that waits outside for the command; send signals for the command to its process group. The caller ends it. */
  spawn(host: string, argv: readonly string[], options: SpawnOptions = {}): ChildProcess {
    const [program, ...rest] = this.#enter(host, argv, options);
    return spawn(program!, rest, { stdio: options.stdio ?? 'pipe', detached: options.detached ?? true });
  }

  /** Silently drops everything between a host and the bastion, established connections too. */
  async cut(host: string): Promise<void> {
    await this.#setCut((cut) => [...new Set([...cut, findHost(this.plan(), host).name])]);
  }

  async heal(host: string): Promise<void> {
    await this.#setCut((cut) => cut.filter((each) => each !== findHost(this.plan(), host).name));
  }

  /** People outside reach this port of the bastion too, until the testbed is taken down. */
  async openPort(port: number): Promise<void> {
    const state = this.state();
    await changeRouter(state, openPortArgs(planOf(state), port));
  }

  /** Like a power failure: no process closes its connections. */
  async crash(host: string): Promise<void> {
    const state = this.state();
    await crashHost(state, findHost(planOf(state), host));
  }

  /** Starts a crashed host again, with empty disks except the shared home. Resolves when its daemons have started. */
  async boot(host: string): Promise<void> {
    const state = this.state();
    const plan = planOf(state);
    const found = findHost(plan, host);
    state.hosts[host] = await bootHost(found, state.router!, bootFilesOf(this.directory, state, found));
    writeState(this.directory, state);
    await startHosts(state, plan, [found]);
  }

  #enter(host: string, argv: readonly string[], options: EnterOptions): string[] {
    const state = this.state();
    const found = findHost(planOf(state), host);
    if (options.user !== undefined) checkUser(options.user, found);
    return enterArgv(initOf(state, found).pid, found, argv, options);
  }

  async #setCut(change: (cut: readonly string[]) => string[]): Promise<void> {
    const state = this.state();
    const plan = planOf(state);
    state.cut = change(state.cut);
    const hosts = state.cut.map((each) => findHost(plan, each));
    await loadCut(state, plan.bastion, cutRules(hosts));
    writeState(this.directory, state);
  }
}
