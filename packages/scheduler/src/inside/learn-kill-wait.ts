// Asks Slurm how long it waits between SIGTERM and SIGKILL: a drain on SIGTERM must fit into that.

import { parseSlurmConfig } from '../slurm/parse/parse-slurm-config.ts';
import { askSlurm } from './ask-slurm.ts';
import type { AskProgram } from './ask-program.ts';
import { isSlurmJob } from './watch-deadline.ts';

const scontrolTimeoutMs = 30_000;

/** Undefined outside Slurm, or when it does not answer. */
export async function learnKillWait(
  run: AskProgram,
  { jobId, cluster }: { jobId: string; cluster?: string | undefined },
  signal: AbortSignal,
): Promise<number | undefined> {
  if (!isSlurmJob(jobId)) return undefined;
  const question = { program: 'scontrol', args: ['show', 'config'], cluster } as const;
  const text = await askSlurm(run, question, { timeoutMs: scontrolTimeoutMs, signal });
  return text === undefined ? undefined : parseSlurmConfig(text).killWaitMs;
}
