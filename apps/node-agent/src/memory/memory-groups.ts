// Which cgroups account for the memory of this process within its job. The files come from the callers; the decisions are pure.

import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path/posix';
import { errnoOf } from '@fairlead/kit';

export interface CgroupFiles {
  /** Default `/proc/self/cgroup`. */
  membership?: string;
  /** Default `/proc/self/mountinfo`. */
  mounts?: string;
}

export interface MemoryGroup {
  /** Where its files are. */
  dir: string;
  version: 1 | 2;
}

/** The nearest first. Empty where there is no memory controller, or nothing of it may be read. */
export async function findMemoryGroups({
  membership = '/proc/self/cgroup',
  mounts = '/proc/self/mountinfo',
}: CgroupFiles = {}): Promise<MemoryGroup[]> {
  const [own, mounted] = await Promise.all([membership, mounts].map(readIfThere));
  return memoryGroups(own ?? '', mounted ?? '');
}

/**
 * Pure. The process's own cgroup; in version 2 also those above it up to the job's, because a controller may be off in the innermost
 * ones. Above the job's own cgroup others are accounted for as well (man 7 cgroups; the kernel's cgroup-v2.rst).
 */
export function memoryGroups(membership: string, mountInfo: string): MemoryGroup[] {
  const paths = membership.split('\n').flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    return controllers === undefined || path === undefined ? [] : [{ controllers: controllers.split(','), path }];
  });
  const memory = paths.find(({ controllers }) => controllers.includes('memory'));
  const unified = paths.find(({ controllers }) => controllers.join() === '');
  const mounts = mountInfo.split('\n').flatMap(parseMount);
  return mounts.flatMap(({ root, point, type, options }): MemoryGroup[] => {
    const within = (path: string) => (root === '/' ? path : isBelow(path, root) ? path.slice(root.length) : undefined);
    if (type === 'cgroup' && options.includes('memory')) {
      const path = memory && within(memory.path);
      return path === undefined ? [] : [{ dir: join(point, path), version: 1 }];
    }
    const path = type === 'cgroup2' && unified ? within(unified.path) : undefined;
    return path === undefined ? [] : withinJob(path).map((each) => ({ dir: join(point, each), version: 2 }));
  });
}

export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

interface Mount {
  /** The directory of the hierarchy that is mounted: in a container not its root. */
  root: string;
  point: string;
  type: string;
  options: readonly string[];
}

/** A line of /proc/<pid>/mountinfo (man 5 proc_pid_mountinfo). */
function parseMount(line: string): Mount[] {
  const [before = '', after = ''] = line.split(' - ');
  const [, , , root, point] = before.split(' ');
  const [type, , options = ''] = after.split(' ');
  return root && point && type ? [{ root, point, type, options: options.split(',') }] : [];
}

function isBelow(path: string, root: string): boolean {
  return path === root || path.startsWith(`${root}/`);
}

/** The cgroup itself, and those above it up to that of the Slurm job. */
function withinJob(path: string): string[] {
  const above = dirname(path);
  return [path, ...(above !== path && /\/job_\d+(?:\/|$)/.test(above) ? withinJob(above) : [])];
}
