// Which processes take part in a measurement, what they are, and what they have used, from /proc. Linux alone has it.

import { readFile } from 'node:fs/promises';

import { mapProcesses, type ProcessStat, readProcStat, readProcWords } from '@fairlead/kit';

export interface ProcessUse {
  pid: number;
  parent: number;
  argv: string;
  cpuSeconds: number;
  residentMB: number;
  /** Since boot. */
  startedSeconds: number;
}

/** USER_HZ, which is 100 on every Linux that Node runs on (proc(5)). */
const ticksPerSecond = 100;
const pageBytes = 4096;

/** All that can be seen. A process that ends meanwhile is left out. */
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

/** Those that `root` has started, and theirs; without `root` itself. */
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

/** CPU seconds that each process has used between two looks. Who was not there at the first look has used all it has. */
export function usedBetween(before: readonly ProcessUse[], after: readonly ProcessUse[]): Map<number, number> {
  const known = new Map(before.map(({ pid, cpuSeconds }) => [pid, cpuSeconds]));
  return new Map(after.map(({ pid, cpuSeconds }) => [pid, cpuSeconds - (known.get(pid) ?? 0)]));
}

/** Bytes that a process has had written to disk. */
export async function readWrittenBytes(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/io`, 'utf8');
  return Number(/^write_bytes: (\d+)$/m.exec(text)?.[1] ?? Number.NaN);
}

/** Milliseconds since the epoch at which a process was started; to 10 ms. */
export async function startedAtMs({ startedSeconds }: ProcessUse): Promise<number> {
  const [uptime = ''] = (await readFile('/proc/uptime', 'utf8')).split(' ');
  return Date.now() - (Number(uptime) - startedSeconds) * 1000;
}
