// Asks one of the site's small programs (squeue, scontrol, nvidia-smi) from inside the job. What runs it is the local
// CommandRunner; this adds that a program which cannot answer is no failure.

import { errnoOf, isCodedError } from '@fairlead/kit';
import { type CommandOptions, createLocalRunner } from '../command-runner.ts';
import type { SchedulerErrorCode } from '../scheduler-error.ts';

export type AskProgramOptions = Pick<CommandOptions, 'env' | 'signal'> & Required<Pick<CommandOptions, 'timeoutMs'>>;

/**
 * Resolves with what the program printed; undefined when it is not there, fails, prints too much, takes too long or is
 * aborted: every caller can do without. Rejects for nothing but a fault of ours.
 */
export type AskProgram = (
  argv: readonly [string, ...string[]],
  options: AskProgramOptions,
) => Promise<string | undefined>;

const maxOutputBytes = 4 * 1024 * 1024;
const runner = createLocalRunner();

export const askProgram: AskProgram = async (argv, options) => {
  try {
    const { code, stdout } = await runner.run(argv, { ...options, maxOutputBytes });
    return code === 0 ? stdout : undefined;
  } catch (error) {
    const isExpected =
      options.signal?.aborted === true ||
      errnoOf(error) !== undefined ||
      isCodedError<SchedulerErrorCode>(error, 'output_too_large');
    if (!isExpected) throw error;
    return undefined;
  }
};
