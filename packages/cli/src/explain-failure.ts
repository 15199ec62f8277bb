// From anything thrown to what a person reads and the exit code a program reads. Never a stack for a user's mistake.

import { CodedError, errnoOf, errorText, isCodedError } from '@fairlead/kit';
import type { ControlAnswerError } from '@fairlead/client';
import type { GatewayAnswerError } from '@fairlead/client/gateway';
import { CommanderError } from 'commander';

import { type CliErrorCode, exit } from './cli-error.ts';
import { exitCodeOf } from './exit-code.ts';
import type { ShownFailure } from './output/output.ts';

export interface Failure {
  exitCode: number;
  /** Absent where it was none: help and --version end a command too. */
  say?: ShownFailure;
}

export function explainFailure(error: unknown, signal: AbortSignal, verbose: boolean): Failure {
  if (error instanceof CommanderError) return wrongUsage(error);
  if (signal.aborted && !isTold(error)) return interrupted;
  if (isAnswer(error)) {
    return {
      exitCode: error.status === 404 ? exit.notFound : exit.failed,
      say: { code: error.wireCode, message: error.message, hint: error.hint },
    };
  }
  if (error instanceof CodedError) {
    const exitCode = signal.aborted ? exit.interrupted : exitCodeOf(error.code);
    return {
      exitCode,
      say: { code: error.code, message: error.message + (verbose ? chainOf(error) : ''), hint: error.hint },
    };
  }
  const stack = verbose && error instanceof Error ? `\n${error.stack}` : '';
  return {
    exitCode: exit.failed,
    say: {
      code: errnoOf(error) ?? 'internal',
      message: errorText(error) + stack,
      hint: verbose ? undefined : 'This was not foreseen. --verbose says more; please report it.',
    },
  };
}

/** By its shape: the class would load the whole SDK, for `--help` too. */
function isAnswer(error: unknown): error is ControlAnswerError | GatewayAnswerError {
  return isCodedError(error, 'control_answer', 'gateway_answer') && 'wireCode' in error;
}

/** A person knows what they pressed. */
const interrupted: Failure = {
  exitCode: exit.interrupted,
  say: { code: 'interrupted' satisfies CliErrorCode, message: 'interrupted', isKnown: true },
};

/** The parser has told a person by itself. */
function wrongUsage({ exitCode, code, message }: CommanderError): Failure {
  if (exitCode === 0) return { exitCode: exit.ok };
  const words = code === 'commander.help' ? 'cannot run because no command is named' : message.replace(/^error: /, '');
  const hint = '--help shows what is possible.';
  return {
    exitCode: exit.usage,
    say: { code: 'usage' satisfies CliErrorCode, message: words, hint, isKnown: true },
  };
}

/** An error that carries what is left behind must be read even when an interrupt caused it. */
function isTold(error: unknown): boolean {
  return error instanceof CodedError && error.code === 'interrupted_with_remains';
}

function chainOf(error: Error): string {
  const causes: string[] = [];
  for (let cause = error.cause; cause instanceof Error && causes.length < 8; cause = cause.cause)
    causes.push(`\n  because: ${errorText(cause)}`);
  return causes.join('');
}
