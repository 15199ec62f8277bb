// The recorded state of a testbed: one directory per name, with state.json, logs, homes and the hosts' /etc.

import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '@fairlead/kit';
import { removeCgroups, type CgroupParents } from './slurm/cgroups.ts';
import { TestbedError } from './errors.ts';
import { planHosts, type Plan, type Profile } from './plan.ts';
import { isSameProcessAlive, readProcessId, type ProcessId } from './processes/process-id.ts';
import { putDirectory } from './put.ts';
import type { ProcessTracking } from './slurm/slurm-conf.ts';

export interface TestbedState {
  name: string;
  profile: Profile;
  nodes: number;
  logins: number;
  ipv6Bastion: boolean;
  /** Whether slurmdbd runs, on a MariaDB. */
  accounting: boolean;
  tracking: ProcessTracking;
  /** The cgroups of each node, if it has any. They must be removed at the end, because they outlive the processes. */
  cgroups: Record<string, CgroupParents>;
  /** Whether its root is the root of a user namespace only. */
  rootless: boolean;
  /** Additional directories of the machine that every host sees. */
  binds: string[];
  /** The process that owns the directory: first the one that brings the testbed up, then the keeper. */
  holder: ProcessId;
  router?: ProcessId;
  /** The init of each host. */
  hosts: Record<string, ProcessId>;
  /** Hosts that are cut off from the bastion. */
  cut: string[];
  ready: boolean;
}

export function stateBase(env: NodeJS.ProcessEnv): string {
  return join(env['XDG_CACHE_HOME'] || join(env['HOME'] || '/root', '.cache'), 'fairlead', 'testbed');
}

export function stateDirectory(base: string, name: string): string {
  if (!/^[a-z0-9][a-z0-9-]{0,31}$/.test(name)) {
    throw new TestbedError('bad_option', `cannot name a testbed "${name}"`, {
      hint: 'Use up to 32 lower-case letters, digits and hyphens.',
    });
  }
  return join(base, name);
}

/** Undefined when no testbed was brought up there. */
export function readState(directory: string): TestbedState | undefined {
  try {
    return JSON.parse(readFileSync(join(directory, 'state.json'), 'utf8')) as TestbedState;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

export function writeState(directory: string, state: TestbedState): void {
  const path = join(directory, 'state.json');
  writeFileSync(`${path}.${process.pid}`, JSON.stringify(state, undefined, 2), { mode: 0o600 });
  renameSync(`${path}.${process.pid}`, path);
}

/** The state of a testbed that is up; throws `not_up` otherwise. */
export function requireState(directory: string, name: string): TestbedState {
  const state = readState(directory);
  if (state && isSameProcessAlive(state.holder)) return state;
  throw new TestbedError('not_up', `cannot find a testbed "${name}" that is up`, {
    hint: 'Start one with: npx pnpm@12 testbed up',
  });
}

export function planOf(state: TestbedState): Plan {
  return planHosts(state.profile, state.nodes, state);
}

/** Removes the leftovers of all testbeds whose keeper was killed. */
export function sweepLeftovers(base: string): void {
  for (const name of listNames(base)) {
    const state = readState(join(base, name));
    if (!state || isSameProcessAlive(state.holder)) continue;
    try {
      removeLeftovers(join(base, name));
    } catch (error) {
      // Another `up` sweeps at the same time, or the last processes are still ending: the next sweep removes the rest.
      if (!['EBUSY', 'ENOTEMPTY', 'ENOENT'].includes(errnoOf(error) ?? '')) throw error;
    }
  }
}

/** Claims the name by making its directory, after removing the leftovers of a killed testbed of the same name. */
export function claimDirectory(directory: string, state: Omit<TestbedState, 'holder'>): TestbedState {
  const before = readState(directory);
  if (before && isSameProcessAlive(before.holder)) throw alreadyUp(state.name);
  removeLeftovers(directory);
  mkdirSync(join(directory, '..'), { recursive: true });
  try {
    putDirectory(directory, 0o711);
  } catch (error) {
    throw errnoOf(error) === 'EEXIST' ? alreadyUp(state.name) : error;
  }
  const claimed: TestbedState = { ...state, holder: readProcessId(process.pid)! };
  writeState(directory, claimed);
  return claimed;
}

/** Removes the leftovers of a testbed whose processes have ended. */
export function removeLeftovers(directory: string): void {
  const state = readState(directory);
  if (state) removeCgroups(cgroupsOf(state));
  rmSync(directory, { recursive: true, force: true });
}

/** Every cgroup directory of a testbed. */
export function cgroupsOf(state: TestbedState): string[] {
  return Object.values(state.cgroups).flatMap((each) => Object.values(each));
}

function alreadyUp(name: string): TestbedError {
  return new TestbedError('already_up', `cannot bring up the testbed "${name}" because it is up already`, {
    hint: `Take it down with "npx pnpm@12 testbed down --name ${name}", or choose another --name.`,
  });
}

/** Every name below `base` that has a state, up or not. */
export function listNames(base: string): string[] {
  try {
    return readdirSync(base).filter((name) => readState(join(base, name)) !== undefined);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}
