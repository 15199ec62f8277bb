// Shared memory that an engine's processes leave in /dev/shm when they are killed: their own clean-up is killed with them.

import { readFile, unlink } from 'node:fs/promises';
import { errnoOf, errorText, type Log } from '@fairlead/kit';

/** What Python's multiprocessing, PyTorch and NCCL call theirs, with random names. A user's own files there have other names. */
const ownNames = /^\/dev\/shm\/(?:psm_|sem\.mp-|torch_|nccl-)[\w.-]+$/;

/** The files of /dev/shm in a text of /proc/<pid>/maps that an engine has made. Pure. */
export function parseSharedMemory(maps: string): string[] {
  const paths = maps.split('\n').flatMap((line) => /\s(\/dev\/shm\/\S+)$/.exec(line)?.[1] ?? []);
  return [...new Set(paths.filter((path) => ownNames.test(path)))];
}

/** Of processes that live now; of one that ends meanwhile nothing. Empty where there is no /proc. */
export async function sharedMemoryOf(pids: Iterable<number>): Promise<string[]> {
  const found: string[] = [];
  for (const pid of pids) found.push(...parseSharedMemory(await readMaps(pid)));
  return found;
}

/** Only when the processes that used them are gone. What cannot be removed is logged. */
export async function removeSharedMemory(paths: Iterable<string>, log: Log): Promise<void> {
  for (const path of paths) {
    try {
      await unlink(path);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') continue;
      log.warn({ op: 'shm.remove', ok: false, path, error: errorText(error) }, 'cannot remove shared memory');
    }
  }
}

async function readMaps(pid: number): Promise<string> {
  try {
    return await readFile(`/proc/${pid}/maps`, 'utf8');
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return '';
  }
}
