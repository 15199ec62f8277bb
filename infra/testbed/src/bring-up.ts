// Brings a testbed up: claims its name, writes its files, boots its hosts, and waits until Slurm has every node idle.

import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@fairlead/kit';
import { bootFilesOf } from './hosts/boot-files.ts';
import { canMakeCgroups, cgroupPaths, findCgroupParents, makeCgroups, type CgroupParents } from './slurm/cgroups.ts';
import { TestbedError } from './errors.ts';
import { writeEtcTree } from './people/etc-tree.ts';
import { writeHomes } from './people/homes.ts';
import { bootHost, readNodeStates, startHosts } from './hosts/hosts.ts';
import { startKeeper, type Keeper } from './namespaces/keeper.ts';
import { nodesOf, planHosts, type Plan, type Profile } from './plan.ts';
import { putDirectory } from './put.ts';
import type { ProcessTracking } from './slurm/slurm-conf.ts';
import { isInUserNamespace } from './namespaces/user-namespace.ts';
import { claimDirectory, stateDirectory, sweepLeftovers, writeState, type TestbedState } from './state.ts';

export interface BringUpOptions {
  /** The directory of all testbeds. */
  base: string;
  name: string;
  profile: Profile;
  nodes: number;
  logins: number;
  ipv6Bastion: boolean;
  accounting: boolean;
  /** How Slurm follows processes. Default: by cgroups where it can, else by process groups. */
  tracking?: ProcessTracking | undefined;
  /** Additional directories of the machine that every host sees at the same path, read-only. */
  binds: readonly string[];
}

export interface BroughtUp {
  directory: string;
  state: TestbedState;
  plan: Plan;
  keeper: Keeper;
}

const slurmLimitMs = 30_000;

/** The caller owns the result and ends it through `keeper`; the testbed also ends with the caller's process, unless the keeper is released. */
export async function bringUp(options: BringUpOptions): Promise<BroughtUp> {
  sweepLeftovers(options.base);
  const plan = planHosts(options.profile, options.nodes, options);
  const directory = stateDirectory(options.base, options.name);
  const cgroups = planCgroups(options.name, plan);
  const state = claimDirectory(directory, {
    name: options.name,
    profile: options.profile,
    nodes: options.nodes,
    logins: options.logins,
    ipv6Bastion: options.ipv6Bastion,
    accounting: options.accounting,
    tracking: options.tracking ?? (cgroups ? 'cgroup/v1' : 'pgid'),
    cgroups: cgroups ?? {},
    rootless: isInUserNamespace(),
    binds: [...options.binds],
    hosts: {},
    cut: [],
    ready: false,
  });
  for (const part of ['', ...plan.hosts.map((host) => host.name)]) putDirectory(join(directory, 'log', part), 0o755);
  const [keeper, files] = await Promise.allSettled([startKeeper(directory, plan), writeFiles(directory, plan, state)]);
  if (keeper.status === 'rejected') {
    rmSync(directory, { recursive: true, force: true });
    throw keeper.reason;
  }
  try {
    if (files.status === 'rejected') throw files.reason;
    await bootAll(directory, plan, state, keeper.value);
    return { directory, state, plan, keeper: keeper.value };
  } catch (error) {
    await keeper.value.end();
    throw error;
  }
}

async function writeFiles(directory: string, plan: Plan, state: TestbedState): Promise<void> {
  await writeEtcTree(join(directory, 'etc'), plan, state);
  await writeHomes(join(directory, 'home'), join(directory, 'etc'), plan);
}

async function bootAll(directory: string, plan: Plan, state: TestbedState, keeper: Keeper): Promise<void> {
  state.holder = keeper.id;
  state.router = keeper.router;
  writeState(directory, state);
  for (const each of Object.values(state.cgroups)) makeCgroups(each);
  const boot = async (host: Plan['hosts'][number]) => {
    state.hosts[host.name] = await bootHost(host, keeper.router, bootFilesOf(directory, state, host));
  };
  await Promise.all(plan.hosts.map(boot));
  await startHosts(state, plan, plan.hosts);
  await untilSlurmReady(state, plan);
  state.ready = true;
  writeState(directory, state);
}

/** Undefined where Slurm cannot have v1 cgroups; Slurm then follows processes by their group. */
function planCgroups(name: string, plan: Plan): Record<string, CgroupParents> | undefined {
  const parents = findCgroupParents(
    readFileSync('/proc/self/mountinfo', 'utf8'),
    readFileSync('/proc/self/cgroup', 'utf8'),
  );
  // Testbeds of different base directories may have the same name; their cgroups may not.
  const prefix = `fairlead-testbed-${name}-${randomBytes(3).toString('hex')}`;
  if (!parents || !canMakeCgroups(parents, prefix)) return undefined;
  return Object.fromEntries(nodesOf(plan).map((node) => [node.name, cgroupPaths(parents, `${prefix}-${node.name}`)]));
}

async function untilSlurmReady(state: TestbedState, plan: Plan): Promise<void> {
  const wanted = nodesOf(plan)
    .map((node) => `${node.name} idle`)
    .toSorted();
  const startedMs = systemClock.monotonicMs();
  for (;;) {
    const answer = await readNodeStates(state, plan);
    const seen = answer.stdout.trim().split('\n').toSorted();
    if (seen.join() === wanted.join()) return;
    if (systemClock.monotonicMs() - startedMs > slurmLimitMs) {
      throw new TestbedError(
        'boot_failed',
        `cannot start Slurm: after 30 s the nodes are ${seen.join(', ')}: ${answer.stderr.trim()}`,
      );
    }
    // Slurm has no event for "all nodes are idle".
    await systemClock.sleep(20);
  }
}
