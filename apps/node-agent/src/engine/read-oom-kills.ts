// Counts the processes of this agent's cgroup that the kernel has killed for their memory. The engine is in the same cgroup, so
// the count tells a kill for memory from any other SIGKILL.

import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path/posix';
import { errnoOf } from '@fairlead/kit';

export interface CgroupFiles {
  /** Default `/proc/self/cgroup`. */
  membership?: string;
  /** Default `/proc/self/mountinfo`. */
  mounts?: string;
}

/** Undefined where nothing counts: no Linux, no memory controller, or files that may not be read. */
export async function readOomKills({
  membership = '/proc/self/cgroup',
  mounts = '/proc/self/mountinfo',
}: CgroupFiles = {}): Promise<number | undefined> {
  const [own, mounted] = await Promise.all([membership, mounts].map(readIfThere));
  for (const file of counterFiles(own ?? '', mounted ?? '')) {
    const kills = /^oom_kill (\d+)$/m.exec((await readIfThere(file)) ?? '')?.[1];
    if (kills !== undefined) return Number(kills);
  }
  return undefined;
}

/**
 * Pure. Files that may count, the nearest first. Version 2 counts a cgroup and those below it, and a controller may be off in the
 * innermost ones; above the job's own cgroup others are counted as well (man 7 cgroups; memory.events in the kernel's cgroup-v2.rst).
 */
export function counterFiles(membership: string, mountInfo: string): string[] {
  const paths = membership.split('\n').flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    return controllers === undefined || path === undefined ? [] : [{ controllers: controllers.split(','), path }];
  });
  const memory = paths.find(({ controllers }) => controllers.includes('memory'));
  const unified = paths.find(({ controllers }) => controllers.join() === '');
  const mounts = mountInfo.split('\n').flatMap(parseMount);
  return mounts.flatMap(({ root, point, type, options }) => {
    const within = (path: string) => (root === '/' ? path : isBelow(path, root) ? path.slice(root.length) : undefined);
    if (type === 'cgroup' && options.includes('memory')) {
      const path = memory && within(memory.path);
      return path === undefined ? [] : [join(point, path, 'memory.oom_control')];
    }
    const path = type === 'cgroup2' && unified ? within(unified.path) : undefined;
    return path === undefined ? [] : withinJob(path).map((each) => join(point, each, 'memory.events'));
  });
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

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}
