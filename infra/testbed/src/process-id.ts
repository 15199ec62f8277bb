// Names one process for good: a pid can be used again, a pid with its start time cannot. Reads Linux's /proc.

import { readFileSync } from 'node:fs';
import { errnoOf } from '@fairlead/kit';

export interface ProcessId {
  pid: number;
  /** Clock ticks after boot, field 22 of /proc/<pid>/stat. */
  startTicks: number;
}

/** Undefined when there is no such process (a zombie counts as none). */
export function readProcessId(pid: number): ProcessId | undefined {
  try {
    // The command's name stands in parentheses and may hold anything: the fields are counted from behind it.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(')').at(-1)!.trim().split(' ');
    return fields[0] === 'Z' ? undefined : { pid, startTicks: Number(fields[19]) };
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ESRCH') return undefined;
    throw error;
  }
}

export function isAlive(id: ProcessId): boolean {
  return readProcessId(id.pid)?.startTicks === id.startTicks;
}

/**
 * The first process of the innermost pid namespace that `nsenter … unshare --pid --fork …` made: process 1 of its own. A child
 * that it has for a moment is not taken for it. Undefined when there is none.
 */
export function initBelow(pid: number): number | undefined {
  const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean)
    .map(Number);
  if (child === undefined) return undefined;
  return isFirst(child) ? child : initBelow(child);
}

function isFirst(pid: number): boolean {
  const numbers = /^NSpid:\s*(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';
  return numbers.trim().split(/\s+/).at(-1) === '1';
}

/** Ends a process at once; one that has ended already is as good. */
export function killNow(id: ProcessId): void {
  if (!isAlive(id)) return;
  try {
    process.kill(id.pid, 'SIGKILL');
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH') throw error;
  }
}
