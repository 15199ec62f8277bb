// Asks Slurm how long it waits between SIGTERM and SIGKILL: a drain on SIGTERM must fit into that.

import type { RunProgram } from '../job/run-program.ts';
import { parseKillWait } from './parse-slurm-times.ts';

const SCONTROL_LIMIT_MS = 30_000;

/** Undefined outside Slurm, or when it does not answer. */
export async function learnKillWait(run: RunProgram, jobId: string, signal: AbortSignal): Promise<number | undefined> {
  if (!/^\d/.test(jobId)) return undefined;
  const text = await run(['scontrol', 'show', 'config'], { limitMs: SCONTROL_LIMIT_MS, signal });
  return text === undefined ? undefined : parseKillWait(text);
}
