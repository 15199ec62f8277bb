// A testbed as an object: run commands in its hosts, break it, mend it, and take it down.

import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process';
import { join } from 'node:path';
import { bootFilesOf } from './hosts/boot-files.ts';
import { checkUser, enterArgv, type EnterOptions } from './hosts/enter.ts';
import { cutRules } from './hosts/firewall.ts';
import { bootHost, crashHost, initOf, loadCut, startHosts } from './hosts/hosts.ts';
import { findHost, type Plan } from './plan.ts';
import { runArgv, type FinishedCommand } from './processes/run-command.ts';
import { planOf, requireState, writeState, type TestbedState } from './state.ts';

export interface ExecOptions extends EnterOptions {
  stdin?: string | Buffer;
  /** Kills the command when it fires. */
  signal?: AbortSignal;
}

export interface SpawnOptions extends EnterOptions {
  stdio?: StdioOptions;
  /** A process group of its own, so that a signal can be sent to the command and all it started. Default true. */
  detached?: boolean;
}

/** Speaks to a testbed that is up, also when another process brought it up. Keeps nothing: each call reads the state anew. */
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

  /** The child is a small shell outside; signals for the command go to the child's process group. */
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

  /** Like a power failure: no process says goodbye. */
  async crash(host: string): Promise<void> {
    const state = this.state();
    await crashHost(state, findHost(planOf(state), host));
  }

  /** Starts a crashed host again, with empty disks but the shared home. Resolves when its daemons are started. */
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
