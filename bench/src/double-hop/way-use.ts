// What the processes of a way have used. Pure.

import { type ProcessUse, usedBetween } from '../harness/processes.ts';

export interface ProcessOfWay {
  pid: number;
  program: string;
  cpuSeconds: number;
  residentMB: number;
}

/** CPU seconds and resident MB of each process that used CPU between two readings. */
export function useOf(before: readonly ProcessUse[], after: readonly ProcessUse[]): ProcessOfWay[] {
  const used = usedBetween(before, after);
  return after
    .map(({ pid, argv, residentMB }) => ({
      pid,
      program: programOf(argv),
      cpuSeconds: used.get(pid) ?? 0,
      residentMB: Math.round(residentMB),
    }))
    .filter(({ cpuSeconds }) => cpuSeconds > 0);
}

/** Without engine and client, which all ways need. The SDK's near end is in its client. */
export function spentOnTheWay(cpu: readonly ProcessOfWay[]): number {
  const ends = new Set(['engine-sim', 'load-worker']);
  return cpu.reduce((sum, { program, cpuSeconds }) => (ends.has(program) ? sum : sum + cpuSeconds), 0);
}

/** A short name for a process, without paths and options. */
export function programOf(argv: string): string {
  if (argv.startsWith('sshd')) return 'sshd';
  const known = ['load-worker', 'engine-sim', 'agent', 'control', 'connect'].find((name) =>
    new RegExp(`[/ ]${name}(\\.|-| |$)`).test(argv),
  );
  return known ?? argv.split(' ')[0]?.split('/').at(-1) ?? '';
}
