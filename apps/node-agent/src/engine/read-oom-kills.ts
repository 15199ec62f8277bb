// Counts the processes of this agent's cgroup that the kernel has killed for their memory. The engine is in the same cgroup, so
// the count tells a kill for memory from any other SIGKILL.

import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path/posix';
import { errnoOf } from '@fairlead/kit';

export interface CgroupPlace {
  /** Default `/proc/self/cgroup`. */
  membership?: string;
  /** Default `/sys/fs/cgroup`. */
  root?: string;
}

/** Undefined where nothing counts: no Linux, no memory controller, or files that may not be read. Never rejects. */
export async function readOomKills({
  membership = '/proc/self/cgroup',
  root = '/sys/fs/cgroup',
}: CgroupPlace = {}): Promise<number | undefined> {
  for (const file of counterFiles((await readIfThere(membership)) ?? '')) {
    const kills = /^oom_kill (\d+)$/m.exec((await readIfThere(join(root, file))) ?? '')?.[1];
    if (kills !== undefined) return Number(kills);
  }
  return undefined;
}

/**
 * Files that may count, the nearest first. Version 2 counts a cgroup and those below it, and a controller may be off in the
 * innermost ones; above the job's own cgroup others are counted as well (man 7 cgroups, memory.events of the kernel's documentation).
 */
export function counterFiles(membership: string): string[] {
  const lines = membership.split('\n').map((line) => /^\d+:([^:]*):(\/.*)$/.exec(line));
  const version1 = lines.flatMap((match) =>
    match?.[1]?.split(',').includes('memory') ? [join('memory', match[2]!, 'memory.oom_control')] : [],
  );
  const unified = lines.find((match) => match?.[1] === '')?.[2];
  return [...version1, ...(unified === undefined ? [] : withinJob(unified).map((path) => join(path, 'memory.events')))];
}

/** The cgroup itself, and those above it up to that of the Slurm job. */
function withinJob(path: string): string[] {
  const above = dirname(path);
  return [path, ...(/\/job_\d+(?:\/|$)/.test(above) ? withinJob(above) : [])];
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}
