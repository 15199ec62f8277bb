// One Slurm command through the runner, with a time limit; a failure that is no answer becomes a coded error.

import { classifySubmitError } from '../classify/submit-error.ts';
import type { CommandRunner, RunResult } from '../command-runner.ts';
import { slurmError } from '../slurm-error.ts';

/** Above Slurm's own patience: a dead controller is noticed by the commands after MessageTimeout x retries. */
const commandTimeoutMs = 60_000;

export type RunSlurm = (argv: readonly string[], signal?: AbortSignal) => Promise<RunResult>;

export function createRunSlurm(runner: CommandRunner): RunSlurm {
  return (argv, signal) => runner.run(argv, { timeoutMs: commandTimeoutMs, ...(signal ? { signal } : {}) });
}

/** The error for a query or an order that failed; `doing` completes "cannot …". */
export function commandFailure(doing: string, result: RunResult): Error {
  const { kind, code, message, hint } = classifySubmitError(result);
  if (kind === 'retry-after-lookup') {
    return slurmError(code, `cannot ${doing} because Slurm gave no answer: ${message}`, {
      hint: 'Try again later; jobs that run are not hurt.',
      retryable: true,
    });
  }
  const known = code === 'command_not_found' || code === 'permission_denied' ? code : 'command_failed';
  return slurmError(known, `cannot ${doing} because Slurm refused: ${message}`, { hint });
}

/** Whether Slurm says that it knows no such job, or that it is over. */
export function saysNoSuchJob({ stderr }: RunResult): boolean {
  return /Invalid job id|already completing or completed|Job has already finished|Job is not running/i.test(stderr);
}
