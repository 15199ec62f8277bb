// Opens a testbed that belongs to this process: it ends when it is disposed, or when the process ends for any reason.

import { randomBytes } from 'node:crypto';
import { bringUp } from './bring-up.ts';
import type { Keeper } from './namespaces/keeper.ts';
import type { Profile } from './plan.ts';
import type { ProcessTracking } from './slurm/slurm-conf.ts';
import { requireMachine } from './requirements.ts';
import { stateBase } from './state.ts';
import { TestbedHandle } from './testbed.ts';

export interface OpenTestbedOptions {
  /** Default: a random name, so that several testbeds run side by side. */
  name?: string;
  /** Compute nodes. Default: 2. */
  nodes?: number;
  /** Login hosts; all of them answer to `logins`. Default: 1. */
  logins?: number;
  /** The bastion has only an IPv6 address. */
  ipv6Bastion?: boolean;
  profile?: Profile;
  /** Runs slurmdbd on a MariaDB: accounts, limits, qualities of service, sacct. */
  accounting?: boolean;
  /** How Slurm follows a job's processes. Default: by cgroups where it can, else by process groups. */
  tracking?: ProcessTracking;
  /** Additional directories of the machine that every host sees at the same path, read-only. */
  binds?: readonly string[];
  /** The directory of all testbeds; default `$XDG_CACHE_HOME/fairlead/testbed`. */
  base?: string;
}

export class Testbed extends TestbedHandle implements AsyncDisposable {
  readonly #keeper: Keeper;

  constructor(name: string, directory: string, keeper: Keeper) {
    super(name, directory);
    this.#keeper = keeper;
  }

  /** Keeps the testbed up after this process has ended; with `pid`, until that process ends. Do not dispose this object afterwards. */
  release(pid?: number): void {
    this.#keeper.release(pid);
  }

  /** Settles when the testbed is down, also when another process took it down. */
  get ended(): Promise<void> {
    return this.#keeper.ended;
  }

  /** Takes the testbed down; resolves when no process, mount, network, cgroup or file of it is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#keeper.end();
  }
}

export async function openTestbed(options: OpenTestbedOptions = {}): Promise<Testbed> {
  requireMachine({ accounting: options.accounting ?? false });
  const name = options.name ?? `t-${randomBytes(4).toString('hex')}`;
  const up = await bringUp({
    base: options.base ?? stateBase(process.env),
    name,
    profile: options.profile ?? 'separate',
    nodes: options.nodes ?? 2,
    logins: options.logins ?? 1,
    ipv6Bastion: options.ipv6Bastion ?? false,
    accounting: options.accounting ?? false,
    tracking: options.tracking,
    binds: options.binds ?? [],
  });
  return new Testbed(name, up.directory, up.keeper);
}
