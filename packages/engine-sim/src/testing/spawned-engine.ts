// The simulator as its command, in a process group of its own, with everything it prints.

import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { compileCache, programArgs } from '@fairlead/testkit/programs';
import { onTestFinished } from 'vitest';

export interface SpawnedEngine extends AsyncDisposable {
  readonly pid: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Resolves when what was printed so far matches; rejects when it ends before. */
  printed(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<void>;
  ready(): Promise<void>;
  signal(name: NodeJS.Signals): void;
  /** Whether it lives on once it has dealt with every signal sent before. */
  outlivesSignals(): Promise<boolean>;
  /** How it ended: the exit code, or the signal. */
  readonly exited: Promise<number | NodeJS.Signals>;
}

/**
 * Loaded ahead of the command: a SIGWINCH is answered on descriptor 3. Of signals that wait, the lowest number goes first,
 * and Node handles them in the order in which they came: all others have been dealt with by then.
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
  // A test that runs out of time never comes to its own disposal.
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

/** Once its pipes are closed too: everything was read. */
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
