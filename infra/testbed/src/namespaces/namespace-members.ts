// Which processes of the machine are in a testbed's namespaces. Processes that entered from outside are not children of its init.

import { readlinkSync } from 'node:fs';
import { isOutOfReach, listPids } from '@fairlead/kit';

/** The kernel's names of the namespaces a process is in. Throws when there is no such process. */
export function namespacesOfProcess(pid: number): string[] {
  return ['net', 'mnt', 'pid', 'uts', 'ipc'].map((kind) => readlinkSync(`/proc/${pid}/ns/${kind}`));
}

/** The processes that are in any of these namespaces. */
export function processesIn(namespaces: ReadonlySet<string>): number[] {
  return listPids().filter((pid) => isIn(pid, namespaces));
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
