// Runs one of the site's small programs (squeue, scontrol, nvidia-smi) with a limit, and returns what it printed.

import { execFile } from 'node:child_process';
import { defined, errnoOf } from '@fairlead/kit';

export interface ProgramOptions {
  env?: Record<string, string>;
  limitMs: number;
  signal?: AbortSignal;
}

/** Undefined when it is not there, fails or takes too long: every caller can do without. */
export type RunProgram = (argv: readonly [string, ...string[]], options: ProgramOptions) => Promise<string | undefined>;

export const runProgram: RunProgram = ([program, ...args], { env, limitMs, signal }) => {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const options = {
    timeout: limitMs,
    killSignal: 'SIGKILL',
    maxBuffer: 4 * 1024 * 1024,
    ...defined({ signal }),
    ...(env ? { env: { ...process.env, ...env } } : {}),
  } as const;
  try {
    execFile(program, args, options, (error, stdout) => resolve(error ? undefined : stdout));
  } catch (error) {
    // What the system refuses at once (ENOMEM, E2BIG) is thrown, not handed over.
    if (errnoOf(error) === undefined) throw error;
    resolve(undefined);
  }
  return promise;
};
