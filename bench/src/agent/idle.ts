// Measures an idle process: CPU and memory, window by window.

import { setTimeout as delay } from 'node:timers/promises';

import { readProcess } from '../harness/processes.ts';

export interface Idle {
  /** Percent of one core. */
  percent: number[];
  residentMB: number[];
}

export async function measureIdle(
  pid: number,
  { seconds, windows }: { seconds: number; windows: number },
): Promise<Idle> {
  const idle: Idle = { percent: [], residentMB: [] };
  for (let window = 0; window < windows; window++) {
    const before = await readProcess(pid);
    const startedMs = performance.now();
    await delay((seconds * 1000) / windows);
    const after = await readProcess(pid);
    if (!before || !after) throw new Error(`process ${pid} ended while it was watched`);
    idle.percent.push(((after.cpuSeconds - before.cpuSeconds) * 100_000) / (performance.now() - startedMs));
    idle.residentMB.push(after.residentMB);
  }
  return idle;
}
