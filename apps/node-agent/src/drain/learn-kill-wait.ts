// Asks Slurm how long it waits between SIGTERM and SIGKILL: a drain on SIGTERM must fit into that.

import type { RunProgram } from '../job/run-program.ts';
import { askSlurm } from './ask-slurm.ts';
import { parseKillWait } from './parse-slurm-times.ts';

const SCONTROL_LIMIT_MS = 30_000;

/** Undefined outside Slurm, or when it does not answer. */
export async function learnKillWait(
  run: RunProgram,
  { jobId, cluster }: { jobId: string; cluster?: string | undefined },
  signal: AbortSignal,
): Promise<number | undefined> {
  if (!/^\d/.test(jobId)) return undefined;
  const question = { program: 'scontrol', args: ['show', 'config'], cluster } as const;
  const text = await askSlurm(run, question, { limitMs: SCONTROL_LIMIT_MS, signal });
  return text === undefined ? undefined : parseKillWait(text);
}
