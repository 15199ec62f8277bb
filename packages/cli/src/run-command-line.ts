// The edge of the process: arguments, environment, signals, exit code. Decides nothing else.

import { readFileSync } from 'node:fs';

import { CodedError, countBuffersAsHeap, detach, silentLog, systemClock } from '@fairlead/kit';

import { type CliErrorCode, exit } from './cli-error.ts';
import { watchReader } from './output/watch-reader.ts';
import { runProgram } from './run-program.ts';

/** Resolves with the exit code when the command has ended and what it printed is written. */
export async function runCommandLine(process: NodeJS.Process, home: string): Promise<number> {
  const startedMs = systemClock.monotonicMs();
  const interrupt = new AbortController();
  const signals = catchSignals(process, interrupt);
  const outputs = watchOutputs(process, interrupt);
  const exitCode = await runProgram({
    version: readVersion(),
    args: process.argv.slice(2),
    startedMs,
    currentFolder: () => process.cwd(),
    onInterrupt: signals.onInterrupt,
    prepare,
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
    takeSignals: (listener) => signals.take(listener),
    watchReader: () => watchReader(() => outputs.onReaderGone()),
  });
  await outputs.flush();
  switch (outputs.loss()) {
    case 'reader gone':
      return exit.ok;
    case 'not written':
      return exit.failed;
    case undefined:
      return exitCode;
  }
}

/** A command that has not ended after this time is one that lives on, or waits. */
const shortLifeMs = 1_000;

async function prepare(): Promise<void> {
  const { liveOn } = await import('./quick-start.ts');
  const liveLong = () => {
    liveOn();
    countBuffersAsHeap(process.versions.node);
  };
  detach(systemClock.sleep(shortLifeMs).then(liveLong));
}

function readVersion(): string {
  const packageFile = new URL('../package.json', import.meta.url);
  return (JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string }).version;
}

/** The first interrupt ends the command in order, a second one ends the process at once. A command may take the signals. */
function catchSignals(process: NodeJS.Process, interrupt: AbortController) {
  let interrupts = 0;
  let onSignal: ((signal: NodeJS.Signals) => void) | undefined;
  function onInterrupt(): void {
    interrupts++;
    if (interrupts > 1) process.exit(exit.interrupted);
    interrupt.abort(new CodedError<CliErrorCode>('interrupted', 'interrupted'));
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => (onSignal ? onSignal(signal) : onInterrupt()));
  return {
    onInterrupt,
    take(listener: (signal: NodeJS.Signals) => void): Disposable {
      onSignal = listener;
      return { [Symbol.dispose]: () => (onSignal = undefined) };
    },
  };
}

/** Why what was said did not arrive: a reader that has had enough (`| head`) is no failure of ours. */
type OutputLoss = 'reader gone' | 'not written';

function watchOutputs({ stdout, stderr }: NodeJS.Process, interrupt: AbortController) {
  const streams = [stdout, stderr];
  let loss: OutputLoss | undefined;
  for (const stream of streams) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') sayNotWritten(error);
      else if (stream === stdout) loss ??= 'reader gone';
      endUnread();
    });
  }
  function sayNotWritten(error: Error): void {
    if (loss === undefined)
      stderr.write(
        `error  cannot write the output because of ${error.message}\n       Make room where it goes; \`fairlead list\` shows what was done.\n`,
      );
    loss ??= 'not written';
  }
  /** Work that is under way still ends in order. */
  function endUnread(): void {
    interrupt.abort(new CodedError<CliErrorCode>('interrupted', 'nothing reads the output any more'));
  }
  return {
    loss: () => loss,
    onReaderGone(): void {
      loss ??= 'reader gone';
      endUnread();
    },
    /** A pipe takes 64 KiB at once; the rest would be lost with the process. A signal, or a reader that is gone, ends the wait. */
    async flush(): Promise<void> {
      const written = streams.map((stream) => {
        const { promise, resolve } = Promise.withResolvers<void>();
        stream.write('', () => resolve());
        return promise;
      });
      const { promise: ended, resolve } = Promise.withResolvers<void>();
      interrupt.signal.addEventListener('abort', () => resolve(), { once: true });
      await Promise.race([Promise.all(written), ended]);
    },
  };
}
