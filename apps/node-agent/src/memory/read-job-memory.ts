// Reads how much main memory the job holds on this node, and how much it may. Page cache does not count: the kernel takes it back
// before it kills, and loading weights fills it up to the limit.

import { join } from 'node:path/posix';
import { type CgroupFiles, findMemoryGroups, type MemoryGroup, readIfThere } from './memory-groups.ts';

export interface JobMemory {
  /** Anonymous and shared memory. */
  heldBytes: number;
  limitBytes: number;
}

/** Of the cgroup that is nearest to its limit. Undefined where none has one, or nothing can be read. */
export async function readJobMemory(files?: CgroupFiles): Promise<JobMemory | undefined> {
  return readFullest(await findMemoryGroups(files));
}

/** `readJobMemory` for repeated use. Finds the cgroups once: a process of a job stays in its own. */
export function createMemoryReader(files?: CgroupFiles): () => Promise<JobMemory | undefined> {
  let groups: readonly MemoryGroup[] = [];
  return async () => {
    // Finding none may have a passing cause, such as a full table of files.
    if (groups.length === 0) groups = await findMemoryGroups(files);
    return readFullest(groups);
  };
}

async function readFullest(groups: readonly MemoryGroup[]): Promise<JobMemory | undefined> {
  let fullest: JobMemory | undefined;
  for (const group of groups) {
    const memory = group.version === 1 ? await readVersion1(group) : await readVersion2(group);
    if (memory && (!fullest || shareOf(memory) > shareOf(fullest))) fullest = memory;
  }
  return fullest;
}

export function shareOf({ heldBytes, limitBytes }: JobMemory): number {
  return heldBytes / limitBytes;
}

/** `total_`: with the cgroups below. A group without a limit of its own has that of one above (cgroup-v1/memory.rst). */
async function readVersion1({ dir }: MemoryGroup): Promise<JobMemory | undefined> {
  const field = fieldsOf(await readIfThere(join(dir, 'memory.stat')));
  return memoryOf(field('hierarchical_memory_limit'), field('total_rss'), field('total_shmem'));
}

async function readVersion2({ dir }: MemoryGroup): Promise<JobMemory | undefined> {
  const limit = Number.parseInt((await readIfThere(join(dir, 'memory.max'))) ?? '', 10);
  const field = fieldsOf(await readIfThere(join(dir, 'memory.stat')));
  return memoryOf(limit, field('anon'), field('shmem'));
}

/** What a kernel writes for no limit is more than any machine has. */
const maxLimitBytes = 2 ** 50;

function memoryOf(limitBytes: number | undefined, anonymous: number | undefined, shared: number | undefined) {
  if (limitBytes === undefined || anonymous === undefined) return undefined;
  if (!(limitBytes > 0 && limitBytes < maxLimitBytes)) return undefined;
  return { heldBytes: anonymous + (shared ?? 0), limitBytes };
}

function fieldsOf(text = ''): (name: string) => number | undefined {
  const fields = new Map(text.split('\n').map((line) => line.split(' ') as [string, string | undefined]));
  return (name) => {
    const value = Number(fields.get(name));
    return Number.isFinite(value) ? value : undefined;
  };
}
