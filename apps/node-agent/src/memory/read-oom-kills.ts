// Counts the processes of this agent's cgroup that the kernel has killed for their memory. The engine is in the same cgroup, so
// the count tells a kill for memory from any other SIGKILL.

import { join } from 'node:path/posix';
import { type CgroupFiles, findMemoryGroups, type MemoryGroup, readIfThere } from './memory-groups.ts';

/** Undefined where nothing counts: no Linux, no memory controller, or files that may not be read. */
export async function readOomKills(files?: CgroupFiles): Promise<number | undefined> {
  for (const group of await findMemoryGroups(files)) {
    const kills = /^oom_kill (\d+)$/m.exec((await readIfThere(counterFile(group))) ?? '')?.[1];
    if (kills !== undefined) return Number(kills);
  }
  return undefined;
}

/** Version 2 counts a cgroup and those below it (memory.events in the kernel's cgroup-v2.rst). */
export function counterFile({ dir, version }: MemoryGroup): string {
  return join(dir, version === 1 ? 'memory.oom_control' : 'memory.events');
}
