// The nodes' own cgroups on the machine's v1 hierarchies: finds the parents, makes the cgroups before a node boots, removes them after it has ended.

import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '@fairlead/kit';

export const controllers = ['freezer', 'memory', 'devices', 'cpuset', 'cpuacct'] as const;
export type Controller = (typeof controllers)[number];

/** For each controller, the directory in which the testbed makes its cgroups. */
export type CgroupParents = Record<Controller, string>;

/**
 * Pure. `mountInfo` and `ownCgroups` are the texts of /proc/self/mountinfo and /proc/self/cgroup.
 * Undefined when a controller Slurm needs has no v1 hierarchy.
 */
export function findCgroupParents(mountInfo: string, ownCgroups: string): CgroupParents | undefined {
  const found: Partial<CgroupParents> = {};
  for (const controller of controllers) {
    const mount = mountInfo
      .split('\n')
      .map(parseMount)
      .find((each) => each?.controllers.includes(controller));
    const own = ownCgroups.split('\n').find((line) => line.split(':')[1]?.split(',').includes(controller));
    if (!mount || !own) return undefined;
    const path = own.split(':').slice(2).join(':');
    const below = path.startsWith(mount.root) ? path.slice(mount.root.length) : '';
    found[controller] = join(mount.mountPoint, below);
  }
  return found as CgroupParents;
}

function parseMount(line: string): { root: string; mountPoint: string; controllers: string[] } | undefined {
  const [left, right] = line.split(' - ');
  const [fsType, , options] = right?.split(' ') ?? [];
  if (fsType !== 'cgroup' || !options) return undefined;
  const [, , , root, mountPoint] = left!.split(' ');
  return { root: root!, mountPoint: mountPoint!, controllers: options.split(',') };
}

/** Whether a cgroup can be made in each of them. */
export function canMakeCgroups(parents: CgroupParents, probeName: string): boolean {
  try {
    for (const parent of Object.values(parents)) {
      mkdirSync(join(parent, probeName));
      rmdirSync(join(parent, probeName));
    }
    return true;
  } catch (error) {
    const code = errnoOf(error);
    if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM' || code === 'ENOENT') return false;
    throw error;
  }
}

export function cgroupPaths(parents: CgroupParents, name: string): CgroupParents {
  return Object.fromEntries(controllers.map((each) => [each, join(parents[each], name)])) as CgroupParents;
}

export function makeCgroups(paths: CgroupParents): void {
  for (const controller of controllers) mkdirSync(paths[controller], { recursive: true });
  // A new cpuset is empty, and no process may enter an empty one.
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    writeFileSync(join(paths.cpuset, file), readFileSync(join(paths.cpuset, '..', file)));
  }
  writeFileSync(join(paths.cpuset, 'cgroup.clone_children'), '1');
}

/** Removes the directories with all cgroups below; returns those that are still busy. */
export function removeCgroups(directories: readonly string[]): string[] {
  return directories.filter((directory) => !removeTree(directory));
}

function removeTree(directory: string): boolean {
  try {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      if (entry.isDirectory()) removeTree(join(directory, entry.name));
    }
    rmdirSync(directory);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return true;
    if (errnoOf(error) === 'EBUSY' || errnoOf(error) === 'ENOTEMPTY') return false;
    throw error;
  }
}
