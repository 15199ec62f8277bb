// Identifies one process: the kernel reuses a pid, but not a pid with the same start time. Reads Linux's /proc.

import { readFileSync } from 'node:fs';
import { errnoOf, mapProcesses, parseProcStat } from '@fairlead/kit';

export interface ProcessId {
  pid: number;
  /** Clock ticks after boot, field 22 of /proc/<pid>/stat. */
  startTicks: number;
}

/** Undefined when there is no such process (a zombie counts as none). */
export function readProcessId(pid: number): ProcessId | undefined {
  try {
    const stat = parseProcStat(pid, readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return stat && { pid, startTicks: stat.startTicks };
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ESRCH') return undefined;
    throw error;
  }
}

export function isSameProcessAlive(id: ProcessId): boolean {
  return readProcessId(id.pid)?.startTicks === id.startTicks;
}

/**
 * The first process of the pid namespace that `nsenter … unshare --pid --fork …` made: process 1 of its namespace. Undefined when
 * there is none. Searches by the parents: the kernel's list of a process's children may lack some while others end.
 */
export async function initBelow(pid: number): Promise<number | undefined> {
  const parents = new Map(await mapProcesses(async (stat) => [stat.pid, stat.parent] as const));
  const children = (parent: number) => [...parents].filter((entry) => entry[1] === parent).map(([child]) => child);
  for (let below = children(pid); below.length > 0; below = below.flatMap(children)) {
    const first = below.find(isFirst);
    if (first !== undefined) return first;
  }
  return undefined;
}

function isFirst(pid: number): boolean {
  const numbers = /^NSpid:\s*(.*)$/m.exec(readOfProcess(`/proc/${pid}/status`))?.[1] ?? '';
  return numbers.trim().split(/\s+/).at(-1) === '1';
}

/** Empty when the process is gone. */
function readOfProcess(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ESRCH') return '';
    throw error;
  }
}

/** Ends a process at once with SIGKILL; does nothing when it has ended already. */
export function killNow(id: ProcessId): void {
  if (!isSameProcessAlive(id)) return;
  try {
    process.kill(id.pid, 'SIGKILL');
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH') throw error;
  }
}
