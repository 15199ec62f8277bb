// The directories of agents that were killed together with all that would have removed them, as Slurm does at the end of a job: the next
// agent of the user on the node removes them.

import { lstat, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorText, type Log, readProcStat } from '@fairlead/kit';

export const directoryPrefix = 'fl-';
/** Of the directory that a companion of the engine has on every node. */
export const commonPrefix = 'flc-';
const prefixes = [directoryPrefix, commonPrefix];
const ownerFile = 'owner';

/** Notes in the directory which process it belongs to. Linux only; elsewhere such a directory is never taken for dead. */
export async function markDirectory(path: string, log: Log): Promise<void> {
  const owner = await ownerWords(process.pid);
  if (owner === undefined) return;
  try {
    await writeFile(join(path, ownerFile), owner);
  } catch (error) {
    log.warn({ op: 'scratch.mark', ok: false, path, error: errorText(error) }, 'this directory will not be tidied up');
  }
}

/** Never rejects: what cannot be judged or removed stays. */
export async function removeDeadDirectories(base: string, log: Log): Promise<void> {
  const names = await readdir(base).catch(() => []);
  for (const path of names.filter(isOurs).map((name) => join(base, name))) {
    try {
      if (!(await isDead(path))) continue;
      await rm(path, { recursive: true, force: true });
      log.info({ op: 'scratch.tidy', path }, 'removed the directory of an agent that was killed');
    } catch (error) {
      log.debug({ op: 'scratch.tidy', ok: false, path, error: errorText(error) });
    }
  }
}

function isOurs(name: string): boolean {
  return prefixes.some((prefix) => name.startsWith(prefix));
}

async function isDead(path: string): Promise<boolean> {
  const found = await lstat(path);
  if (!found.isDirectory() || found.uid !== process.getuid?.()) return false;
  const written = await readFile(join(path, ownerFile), 'utf8');
  const [pid = ''] = written.split(' ');
  // A process of another boot or of other namespaces cannot be seen from here: its line differs behind the start time.
  const [, , ...here] = (await ownerWords(process.pid))?.split(' ') ?? [];
  const isVisible = here.length > 0 && written.split(' ').slice(2).join(' ') === here.join(' ');
  return isVisible && written !== (await ownerWords(Number(pid)));
}

/** `<pid> <start time> <boot> <namespace of pids>`. Undefined for a process that is gone, and where there is no /proc. */
async function ownerWords(pid: number): Promise<string | undefined> {
  const stat = await readProcStat(pid);
  if (!stat) return undefined;
  const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  return `${pid} ${stat.startTicks} ${boot} ${await readlink('/proc/self/ns/pid')}`;
}
