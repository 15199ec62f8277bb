// Identifies one process: the kernel reuses a pid, but not a pid with the same start time. Reads Linux's /proc.

import { readFileSync } from 'node:fs';
import { errnoOf, parseProcStat } from '@fairlead/kit';

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
 * The first process of the innermost pid namespace that `nsenter … unshare --pid --fork …` made: process 1 of its namespace. Skips
 * the short-lived children of these programs. Undefined when there is none.
 */
export function initBelow(pid: number): number | undefined {
  for (const child of childrenOf(pid)) {
    const found = isFirst(child) ? child : initBelow(child);
    if (found !== undefined) return found;
  }
  return undefined;
}

function childrenOf(pid: number): number[] {
  const children = readOfProcess(`/proc/${pid}/task/${pid}/children`);
  return children.trim().split(' ').filter(Boolean).map(Number);
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
