// A question to Slurm from inside the job: of the job's own cluster where the site has several, hidden partitions included.

import type { AskProgramOptions, AskProgram } from './ask-program.ts';

export interface SlurmQuestion {
  program: 'squeue' | 'scontrol';
  args: readonly string[];
  /** The cluster that the job went to. */
  cluster?: string | undefined;
}

/**
 * Asks with `-M <cluster>` first, then without it: a node may know only its own cluster, and a site may keep no list of
 * clusters. Undefined where neither has an answer.
 */
export async function askSlurm(
  run: AskProgram,
  { program, args, cluster }: SlurmQuestion,
  options: AskProgramOptions,
): Promise<string | undefined> {
  const named = cluster === undefined ? undefined : await run([program, '-a', '-M', cluster, ...args], options);
  return named ?? run([program, '-a', ...args], options);
}
