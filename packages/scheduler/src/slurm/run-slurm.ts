// One Slurm command through the runner, with a time limit; a failure that is no answer becomes a coded error.

import { defined, isCodedError } from '@fairlead/kit';

import { classifySubmitError } from './classify/submit-error.ts';
import type { CommandRunner, RunResult } from '../command-runner.ts';
import { schedulerError } from '../scheduler-error.ts';

/** Above Slurm's own patience: a dead controller is noticed by the commands after MessageTimeout x retries. */
const commandTimeoutMs = 60_000;

export type RunSlurm = (argv: readonly string[], signal?: AbortSignal) => Promise<RunResult>;

/** What a cluster answers is bounded: a command that prints more than this was asked for too much. */
const defaultMaxOutputBytes = 32 * 1024 * 1024;

export function createRunSlurm(runner: CommandRunner): RunSlurm {
  return async (argv, signal) => {
    const limits = { timeoutMs: commandTimeoutMs, maxOutputBytes: defaultMaxOutputBytes };
    try {
      return await runner.run(argv, { ...limits, ...defined({ signal }) });
    } catch (error) {
      if (!isCodedError(error, 'output_too_large')) throw error;
      const program = argv[4] ?? 'a command';
      const problem = `cannot use what ${program} printed because it is larger than 32 MB`;
      const hint = `Run ${program} on the login host: a wrapper or a start-up file that prints without end is in the way.`;
      throw schedulerError('output_too_large', problem, { hint, cause: error });
    }
  };
}

/** The error for a query or an order that failed; `doing` completes "cannot …". */
export function commandFailure(doing: string, result: RunResult): Error {
  const { kind, code, message, hint } = classifySubmitError(result);
  if (kind === 'retry-after-lookup') {
    return schedulerError(code, `cannot ${doing} because Slurm gave no answer: ${message}`, {
      hint: 'Try again later; jobs that run are not hurt.',
      retryable: true,
    });
  }
  if (kind === 'retry-later') {
    return schedulerError(code, `cannot ${doing} because it could not be asked: ${message}`, { hint, retryable: true });
  }
  const known = code === 'command_not_found' || code === 'permission_denied' ? code : 'command_failed';
  return schedulerError(known, `cannot ${doing} because Slurm refused: ${message}`, { hint });
}

/** The last line that a command printed: its own reason; empty where it said nothing. */
export function lastWords({ stderr, stdout }: RunResult): string {
  return (stderr.trim() || stdout.trim()).split('\n').at(-1)?.slice(0, 200) ?? '';
}

/** Whether the site keeps no records at all: asking again gives the same answer. */
export function saysNoAccounting({ stderr, stdout }: RunResult): boolean {
  return /accounting storage is (disabled|not)|accounting_storage.*(disabled|none)/i.test(`${stderr}\n${stdout}`);
}

/** Whether Slurm says that it knows no such job, or that it is over. */
export function saysNoSuchJob({ stderr }: RunResult): boolean {
  return /Invalid job id|already completing or completed|Job has already finished|Job is not running/i.test(stderr);
}
