#!/usr/bin/env node
// The edge of the process: arguments, environment, signals, exit code. Decides nothing else.

import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';

import { CodedError, errorText, silentLog, systemClock } from '@fairlead/kit';
import { CommanderError } from 'commander';

import { EXIT } from './cli-error.ts';
import type { Context } from './context.ts';
import { explainFailure } from './explain-failure.ts';
import { createOutput } from './output/output.ts';
import { createProgram, type GlobalFlags } from './program.ts';

const startedMs = systemClock.monotonicMs();
const interrupt = new AbortController();
const packageFile = new URL('../package.json', import.meta.url);
const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string };

let interrupts = 0;
let onSignal: ((signal: NodeJS.Signals) => void) | undefined;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (onSignal) return onSignal(signal);
    interrupts++;
    if (interrupts > 1) process.exit(EXIT.interrupted);
    interrupt.abort(new CodedError('interrupted', 'interrupted'));
  });
}
// A reader that has had enough (`| head`) is no failure of ours; what is under way still ends in order.
let isReaderGone = false;
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') process.exit(EXIT.failed);
    if (stream === process.stdout) isReaderGone = true;
    interrupt.abort(new CodedError('interrupted', 'nobody reads any more'));
  });
}

/** A pipe takes 64 KiB at once; the rest would be lost with the process. A signal, or a reader that is gone, ends the wait. */
async function flush(): Promise<void> {
  const written = [process.stdout, process.stderr].map((stream) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    stream.write('', () => resolve());
    return promise;
  });
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  interrupt.signal.addEventListener('abort', () => resolve(), { once: true });
  await Promise.race([Promise.all(written), ended]);
}

async function run(flags: GlobalFlags, work: (context: Context) => Promise<void>): Promise<void> {
  const output = createOutput(process, { json: flags.json ?? false, startedMs, now: () => systemClock.monotonicMs() });
  const isInteractive = process.stdin.isTTY && process.stderr.isTTY && !flags.json;
  let exitCode: number = EXIT.ok;
  const context: Context = {
    env: process.env,
    home: process.env['HOME'] ?? homedir(),
    cwd: process.cwd(),
    nodePath: process.execPath,
    clock: systemClock,
    output,
    log: silentLog,
    signal: interrupt.signal,
    streams: process,
    takeSignals(listener) {
      onSignal = listener;
      return { [Symbol.dispose]: () => (onSignal = undefined) };
    },
    setExitCode: (code) => (exitCode = code),
    ...(isInteractive ? { ask: (await import('./output/asker.ts')).createAsker() } : {}),
    flags: { config: flags.config ?? process.env['FAIRLEAD_CONFIG'], verbose: flags.verbose ?? false },
  };
  try {
    await work(context);
    process.exitCode = interrupt.signal.aborted ? EXIT.interrupted : exitCode;
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
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw new Error(errorText(error), { cause: error });
  process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
}
// Nothing is awaited any more; a library's idle timer must not hold the shell's prompt.
await flush();
if (isReaderGone) process.exitCode = EXIT.ok;
process.exit();
