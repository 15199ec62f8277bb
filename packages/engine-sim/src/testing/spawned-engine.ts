// Runs the simulator's command in its own process group and collects its output.

import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { compileCache, programArgs } from '@fairlead/testkit/programs';
import { onTestFinished } from 'vitest';

export interface SpawnedEngine extends AsyncDisposable {
  readonly pid: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Resolves when the output so far matches; rejects if the process ends before that. */
  printed(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<void>;
  ready(): Promise<void>;
  signal(name: NodeJS.Signals): void;
  /** Resolves with whether the process still runs after it has handled every earlier signal. */
  outlivesSignals(): Promise<boolean>;
  /** Resolves with the exit code or the signal. */
  readonly exited: Promise<number | NodeJS.Signals>;
}

/**
 * A script that Node loads before the command; it answers a SIGWINCH on descriptor 3. The kernel delivers pending signals by
 * their number, the lowest first, and Node handles them in order of arrival: so all others have been handled by then.
 */
const acknowledging = `data:text/javascript,
  import { writeSync } from 'node:fs';
  process.on('SIGWINCH', () => writeSync(3, '.'));`;

export function spawnSim(args: readonly string[], env: Record<string, string> = {}): SpawnedEngine {
  const argv = ['--import', acknowledging, ...programArgs('engine-sim'), 'serve', '/models/demo', ...args];
  const child = spawn(process.execPath, argv, {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    detached: true,
    env: { PATH: process.env.PATH, TZ: 'UTC', ...compileCache(), ...env },
  }) as ChildProcessByStdio<null, Readable, Readable>;
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (part: string) => {
      text[name] += part;
    });
  const exited = ended(child);
  // A test that times out does not dispose its engine.
  onTestFinished(() => killGroup(child.pid ?? 0));
  return {
    pid: child.pid ?? 0,
    get stdout() {
      return text.stdout;
    },
    get stderr() {
      return text.stderr;
    },
    printed: (stream, pattern) => printed(child, stream, () => text[stream], pattern),
    ready: () => printed(child, 'stderr', () => text.stderr, /Application startup complete/),
    signal: (name) => {
      child.kill(name);
    },
    async outlivesSignals() {
      const acknowledged = once(child.stdio[3] as Readable, 'data').then(() => true);
      child.kill('SIGWINCH');
      return Promise.race([acknowledged, exited.then(() => false)]);
    },
    exited,
    async [Symbol.asyncDispose]() {
      killGroup(child.pid ?? 0);
      await exited;
    },
  };
}

/** Resolves when the pipes are closed too, so that all output was read. */
async function ended(child: ChildProcess): Promise<number | NodeJS.Signals> {
  await once(child, 'exit');
  if (child.stdout?.readable) await Promise.race([once(child.stdout, 'close'), once(child, 'close')]);
  return child.exitCode ?? child.signalCode ?? -1;
}

async function printed(
  child: ChildProcess,
  stream: 'stdout' | 'stderr',
  read: () => string,
  pattern: RegExp,
): Promise<void> {
  const source = child[stream];
  while (!pattern.test(read())) {
    if (!source || source.closed || source.readableEnded)
      throw new Error(`it ended before ${pattern}: got ${JSON.stringify(read().slice(-2000))}`);
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = () => resolve();
    source.once('data', wake).once('end', wake).once('close', wake);
    await promise;
    source.off('data', wake).off('end', wake).off('close', wake);
  }
}

export function killGroup(pgid: number): void {
  try {
    process.kill(-pgid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
