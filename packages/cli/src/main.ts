#!/usr/bin/env node
// The edge of the process: arguments, environment, signals, exit code. Decides nothing else.

import { readFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';

import { CodedError, silentLog, systemClock } from '@fairlead/kit';

import { type CliErrorCode, exit } from './cli-error.ts';
import { watchReader } from './output/watch-reader.ts';
import { compileCacheDir } from './paths.ts';
import { runProgram } from './run-program.ts';

const startedMs = systemClock.monotonicMs();
const home = process.env['HOME'] || homedir();
// For the commands' code, which is loaded from here on. Where it cannot be written Node goes without.
enableCompileCache(compileCacheDir({ env: process.env, home }));
const interrupt = new AbortController();
const packageFile = new URL('../package.json', import.meta.url);
const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string };

let interrupts = 0;
function onInterrupt(): void {
  interrupts++;
  if (interrupts > 1) process.exit(exit.interrupted);
  interrupt.abort(new CodedError<CliErrorCode>('interrupted', 'interrupted'));
}
let onSignal: ((signal: NodeJS.Signals) => void) | undefined;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => (onSignal ? onSignal(signal) : onInterrupt()));

/** Why what was said did not arrive: a reader that has had enough (`| head`) is no failure of ours. */
let outputLoss: 'reader gone' | 'not written' | undefined;
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') sayNotWritten(error);
    else if (stream === process.stdout) outputLoss ??= 'reader gone';
    endUnread();
  });
}

function onReaderGone(): void {
  outputLoss ??= 'reader gone';
  endUnread();
}

/** Work that is under way still ends in order. */
function endUnread(): void {
  interrupt.abort(new CodedError<CliErrorCode>('interrupted', 'nothing reads the output any more'));
}

function sayNotWritten(error: Error): void {
  if (outputLoss === undefined)
    process.stderr.write(
      `error  cannot write the output because of ${error.message}\n       Make room where it goes; \`fairlead list\` shows what was done.\n`,
    );
  outputLoss ??= 'not written';
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

process.exitCode = await runProgram({
  version,
  args: process.argv.slice(2),
  startedMs,
  currentFolder: () => process.cwd(),
  onInterrupt,
  prepare: () => import('./quick-start.ts'),
  env: process.env,
  home,
  nodePath: process.execPath,
  nodeVersion: process.versions.node,
  platform: process.platform,
  pid: process.pid,
  clock: systemClock,
  log: silentLog,
  signal: interrupt.signal,
  streams: process,
  takeSignals(listener) {
    onSignal = listener;
    return { [Symbol.dispose]: () => (onSignal = undefined) };
  },
  watchReader: () => watchReader(onReaderGone),
});
// Nothing is awaited any more; a library's idle timer must not hold the shell's prompt.
await flush();
if (outputLoss !== undefined) process.exitCode = outputLoss === 'reader gone' ? exit.ok : exit.failed;
process.exit();
