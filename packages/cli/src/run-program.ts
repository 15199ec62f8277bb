// One command from its words to its exit code. The edges of the process are given: run-command-line.ts has the real ones, tests have theirs.

import { CodedError } from '@fairlead/kit';

import { type CliErrorCode, exit } from './cli-error.ts';
import type { Context } from './context.ts';
import { explainFailure } from './explain-failure.ts';
import { createOutput, type Output } from './output/output.ts';
import { createProgram, type GlobalFlags } from './program.ts';
import { createSshTerminal } from './ssh/ssh-terminal.ts';

/** What the process gives each command, and what only the program itself needs of it. */
export interface Edges extends Omit<Context, 'output' | 'cwd' | 'setExitCode' | 'ask' | 'sshTerminal' | 'flags'> {
  version: string;
  /** As typed after `fairlead`. */
  args: readonly string[];
  /** By the clock's monotonic time. */
  startedMs: number;
  /** Throws where the current folder is not there any more. */
  currentFolder: () => string;
  /** Before a command runs, and not for `--help`. */
  prepare?: () => Promise<unknown>;
  /** Ctrl-C at a question. */
  onInterrupt: () => void;
}

/** Resolves with the exit code once the command is over and has said how it ended; never rejects. */
export async function runProgram({
  version,
  args,
  startedMs,
  currentFolder,
  onInterrupt,
  prepare,
  ...edges
}: Edges): Promise<number> {
  const { streams, signal, clock } = edges;
  let exitCode: number = exit.ok;

  async function outputFor({ json = false }: GlobalFlags): Promise<Output> {
    const encodeLine = json ? (await import('./output/json-lines.ts')).encodeJsonLine : undefined;
    return createOutput(streams, { startedMs, now: () => clock.monotonicMs(), encodeLine });
  }

  async function run(flags: GlobalFlags, work: (context: Context) => Promise<void>): Promise<void> {
    await prepare?.();
    const output = await outputFor(flags);
    // Standard input last: reading its property opens it.
    const isInteractive = !flags.json && streams.stderr.isTTY && streams.stdin.isTTY;
    const context: Context = {
      ...edges,
      cwd: folderFrom(currentFolder),
      output,
      setExitCode: (code) => (exitCode = code),
      ...(isInteractive
        ? {
            ask: (await import('./output/asker.ts')).createAsker({ streams, signal, onInterrupt }),
            sshTerminal: createSshTerminal(output),
          }
        : {}),
      flags: { config: flags.config || edges.env['FAIRLEAD_CONFIG'] || undefined, verbose: flags.verbose ?? false },
    };
    try {
      await work(context);
    } finally {
      output.close();
    }
    if (signal.aborted) exitCode = exit.interrupted;
  }

  const program = createProgram(version, run, streams);
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    const flags = program.opts<GlobalFlags>();
    const failure = explainFailure(error, signal, flags.verbose ?? false);
    if (failure.say) (await outputFor(flags)).failure(failure.say);
    return failure.exitCode;
  }
}

/** Commands run where they were called. */
function folderFrom(currentFolder: () => string): string {
  try {
    return currentFolder();
  } catch (error) {
    throw new CodedError<CliErrorCode>('usage', 'cannot run here because the current folder is not there any more', {
      hint: 'Change to one that is, with cd.',
      cause: error,
    });
  }
}
