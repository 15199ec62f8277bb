// The processes of a measurement and what they have used, from /proc (Linux only).

import { readFile } from 'node:fs/promises';

import { mapProcesses, type ProcessStat, readProcStat, readProcWords } from '@fairlead/kit';

export interface ProcessUse {
  pid: number;
  parent: number;
  argv: string;
  cpuSeconds: number;
  residentMB: number;
  /** Start time in seconds after boot. */
  startedSeconds: number;
}

/** USER_HZ, which is 100 on every Linux that Node runs on (proc(5)). */
const ticksPerSecond = 100;
const pageBytes = 4096;

/** All visible processes. Leaves out a process that ends meanwhile. */
export function readProcesses(): Promise<ProcessUse[]> {
  return mapProcesses(useOf);
}

export async function readProcess(pid: number): Promise<ProcessUse | undefined> {
  const stat = await readProcStat(pid);
  return stat && useOf(stat);
}

async function useOf(stat: ProcessStat): Promise<ProcessUse> {
  const words = await readProcWords(stat.pid, 'cmdline');
  return { ...usageOf(stat), argv: words.join(' ').trim() };
}

export function usageOf(stat: ProcessStat): Omit<ProcessUse, 'argv'> {
  return {
    pid: stat.pid,
    parent: stat.parent,
    cpuSeconds: (stat.userTicks + stat.systemTicks) / ticksPerSecond,
    residentMB: (stat.residentPages * pageBytes) / 1e6,
    startedSeconds: stat.startTicks / ticksPerSecond,
  };
}

/** The children of `root` and their descendants, without `root` itself. */
export function descendantsOf(root: number, all: readonly ProcessUse[]): ProcessUse[] {
  const found: ProcessUse[] = [];
  let parents = new Set([root]);
  while (parents.size > 0) {
    const children = all.filter(({ parent }) => parents.has(parent));
    found.push(...children);
    parents = new Set(children.map(({ pid }) => pid));
  }
  return found;
}

/** CPU seconds that each process has used between two readings. For a process that is not in the first reading, all its CPU time. */
export function usedBetween(before: readonly ProcessUse[], after: readonly ProcessUse[]): Map<number, number> {
  const known = new Map(before.map(({ pid, cpuSeconds }) => [pid, cpuSeconds]));
  return new Map(after.map(({ pid, cpuSeconds }) => [pid, cpuSeconds - (known.get(pid) ?? 0)]));
}

/** Bytes that the kernel has written to disk for a process. */
export async function readWrittenBytes(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/io`, 'utf8');
  return Number(/^write_bytes: (\d+)$/m.exec(text)?.[1] ?? Number.NaN);
}

/** The start time of a process in milliseconds since the epoch; accurate to 10 ms. */
export async function startedAtMs({ startedSeconds }: ProcessUse): Promise<number> {
  const [uptime = ''] = (await readFile('/proc/uptime', 'utf8')).split(' ');
  return Date.now() - (Number(uptime) - startedSeconds) * 1000;
}
