#!/usr/bin/env node
// The edge of the process: arguments, environment, signals, exit code. Decides nothing else.

import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';

import { CodedError, errorText, silentLog, systemClock } from '@fairlead/kit';
import { CommanderError } from 'commander';

import type { Context } from './context.ts';
import { explainFailure } from './explain-failure.ts';
import { createOutput } from './output/output.ts';
import { createProgram, type GlobalFlags } from './program.ts';

const startedMs = systemClock.monotonicMs();
const interrupt = new AbortController();
const packageFile = new URL('../package.json', import.meta.url);
const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string };

let interrupts = 0;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    interrupts++;
    if (interrupts > 1) process.exit(130);
    interrupt.abort(new CodedError('interrupted', 'interrupted'));
  });
}
// A reader that has had enough (`| head`) is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

async function run(flags: GlobalFlags, work: (context: Context) => Promise<void>): Promise<void> {
  const output = createOutput(process, { json: flags.json ?? false, startedMs, now: () => systemClock.monotonicMs() });
  const isInteractive = process.stdin.isTTY && process.stderr.isTTY && !flags.json;
  const context: Context = {
    env: process.env,
    home: process.env['HOME'] ?? homedir(),
    cwd: process.cwd(),
    nodePath: process.execPath,
    clock: systemClock,
    output,
    log: silentLog,
    signal: interrupt.signal,
    ...(isInteractive ? { ask: (await import('./output/asker.ts')).createAsker() } : {}),
    flags: { config: flags.config ?? process.env['FAIRLEAD_CONFIG'], verbose: flags.verbose ?? false },
  };
  try {
    await work(context);
    if (interrupt.signal.aborted) process.exitCode = 130;
  } catch (error) {
    const failure = explainFailure(error, interrupt.signal, context.flags.verbose);
    if (failure.say) output.failure(failure.say);
    process.exitCode = failure.exitCode;
  } finally {
    output.close();
  }
}

const program = createProgram(version, (flags, work) => run(flags, work));
try {
  await program.exitOverride().parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw new Error(errorText(error), { cause: error });
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}
// Nothing is awaited any more; a library's idle timer must not hold the shell's prompt.
process.exit();
