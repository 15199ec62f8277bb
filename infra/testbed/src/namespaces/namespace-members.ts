// Which processes of the machine are in a testbed's namespaces. Processes that entered from outside are not children of its init.

import { closeSync, openSync, readlinkSync } from 'node:fs';
import { isOutOfReach, listPids } from '@fairlead/kit';

const kinds = ['net', 'mnt', 'pid', 'uts', 'ipc'];

/** The kernel's names of the namespaces a process is in. Throws when there is no such process. */
export function namespacesOfProcess(pid: number): string[] {
  return kinds.map((kind) => readlinkSync(`/proc/${pid}/ns/${kind}`));
}

/**
 * The namespaces of some processes, which must run. The kernel gives the name of a namespace that is no more to a new one, perhaps
 * another testbed's: while these are held open, their names are theirs alone.
 */
export class HeldNamespaces implements Disposable {
  readonly #files: number[] = [];
  readonly #names = new Set<string>();

  constructor(pids: readonly number[]) {
    for (const pid of pids) for (const kind of kinds) this.#hold(`/proc/${pid}/ns/${kind}`);
  }

  #hold(path: string): void {
    const file = openSync(path, 'r');
    this.#files.push(file);
    this.#names.add(readlinkSync(`/proc/self/fd/${file}`));
  }

  /** The pids of the processes that are in any of these namespaces. */
  members(): number[] {
    return listPids().filter((pid) => isIn(pid, this.#names));
  }

  [Symbol.dispose](): void {
    for (const file of this.#files.splice(0)) closeSync(file);
  }
}

function isIn(pid: number, namespaces: ReadonlySet<string>): boolean {
  try {
    return namespacesOfProcess(pid).some((each) => namespaces.has(each));
  } catch (error) {
    // The process has ended since, or this user may not read it.
    if (isOutOfReach(error)) return false;
    throw error;
  }
}
