// The command: `engine-sim serve <model> [flags of vllm serve] [--sim-…]`.

import { spawn } from 'node:child_process';

import { visibleText } from '@fairlead/kit';

import { parseArgv, type ServeOptions } from './cli/parse-argv.ts';
import type { ProcessExit } from './process/life.ts';
import { runHeadless } from './process/headless-process.ts';
import { type ProcessPort, SimProcess } from './process/sim-process.ts';

const parsed = parseArgv(process.argv.slice(2), process.env);
// A closed pipe does not stop a Python logger either.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });

if (parsed.kind === 'serve') await serve(parsed.options);
else if (parsed.kind === 'help') process.stdout.write(parsed.text);
else {
  process.stderr.write(visibleText(parsed.text));
  process.exitCode = 2;
}

async function serve(options: ServeOptions): Promise<void> {
  // Keeps a simulated hang alive: without it Node would exit.
  setInterval(() => {}, 2 ** 30);
  // Without a handler Node would open its debugger; Python dies at SIGUSR1.
  process.on('SIGUSR1', () => dieOf('SIGUSR1'));
  const port: ProcessPort = {
    pid: process.pid,
    write: (stream, text) => (stream === 'out' ? process.stdout : process.stderr).write(text),
    onStopSignal: (listener) => {
      process.on('SIGTERM', listener);
      process.on('SIGINT', listener);
    },
    leaveChild,
    end: (how) => flushed(() => end(how)),
  };
  const { ranks } = options;
  await (ranks?.headless ? runHeadless(options, ranks, port) : new SimProcess(options, port).run());
}

/** The child ignores SIGTERM, as a stuck EngineCore does, and ends after an hour. */
function leaveChild(session: boolean): void {
  const script = 'trap "" TERM INT HUP; exec sleep 3600';
  spawn('/bin/sh', ['-c', script], { stdio: 'ignore', detached: session, env: { PATH: process.env.PATH } }).unref();
}

function end(how: ProcessExit): void {
  if ('code' in how) process.exit(how.code);
  dieOf(how.signal);
}

/** Removes our handlers, so that the signal has its default effect. */
function dieOf(signal: NodeJS.Signals): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}

function flushed(then: () => void): void {
  process.stdout.write('', () => process.stderr.write('', then));
}
