// Opens a testbed that belongs to this process: it ends when it is disposed, or with the process, however that ends.

import { randomBytes } from 'node:crypto';
import { bringUp } from './bring-up.ts';
import type { Keeper } from './namespaces/keeper.ts';
import type { Profile } from './plan.ts';
import { requireMachine } from './requirements.ts';
import { stateBase } from './state.ts';
import { TestbedHandle } from './testbed.ts';

export interface OpenTestbedOptions {
  /** Default: a random name, so that any number run side by side. */
  name?: string;
  /** Compute nodes, 2 unless told otherwise. */
  nodes?: number;
  /** Login hosts, 1 unless told otherwise: all of them answer to `logins`. */
  logins?: number;
  /** The bastion is reached by IPv6 alone. */
  ipv6Bastion?: boolean;
  profile?: Profile;
  /** slurmdbd on a MariaDB: accounts, limits, qualities of service, sacct. */
  accounting?: boolean;
  /** More of the machine's directories that every host shall see at the same path, read-only. */
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

  /** The testbed stays when this process ends; until `pid` ends, if one is given. It is no longer this object's to dispose. */
  release(pid?: number): void {
    this.#keeper.release(pid);
  }

  /** Settles when the testbed is down, also when another process took it down. */
  get ended(): Promise<void> {
    return this.#keeper.ended;
  }

  /** Takes everything down; resolves when no process, mount, network, cgroup or file of it is left. */
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
    binds: options.binds ?? [],
  });
  return new Testbed(name, up.directory, up.keeper);
}
