// Runs control as a child process with its own directories, reads its log, and kills it.

import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { programArgs } from '@fairlead/testkit/programs';

import { initIdentity } from '../state/identity.ts';
import { mintOwnerToken } from '../state/owner-tokens.ts';
import { connectOwner, type Owner } from './owner.ts';

const controlArgv = ['--disable-sigusr1', ...programArgs('control')];

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface ControlPlace extends AsyncDisposable {
  /** The directory that contains both. */
  root: string;
  state: string;
  run: string;
  start(...args: string[]): ChildProcess;
  /** Another program that starts it, such as `unshare`, with its arguments. */
  startThrough(wrapper: readonly string[], ...args: string[]): ChildProcess;
  /** Runs a command to its end. */
  finish(...args: string[]): Promise<Finished>;
  /** Resolves when it serves; throws with its log where it ended instead. */
  serve(...more: string[]): Promise<ChildProcess>;
  /** Kills the process with SIGKILL. */
  kill(child: ChildProcess): Promise<void>;
  owner(): Promise<Owner & { certificate: string }>;
}

export function openControlPlace(): ControlPlace {
  const root = mkdtempSync(join(tmpdir(), 'fl-main-'));
  const state = join(root, 'state');
  const run = join(root, 'run');
  const children = new Set<ChildProcess>();
  const startThrough = (wrapper: readonly string[], ...args: string[]) => {
    const [program, ...argv] = [...wrapper, process.execPath, ...controlArgv, ...args];
    const options: SpawnOptions = { stdio: ['ignore', 'pipe', 'pipe'] };
    const child = spawn(program!, argv, options);
    children.add(child);
    return child;
  };
  const start = (...args: string[]) => startThrough([], ...args);
  const finish = async (...args: string[]) => finished(start(...args));
  const serve = async (...more: string[]) => {
    const child = start('serve', '--state', state, '--run', run, ...more);
    await serving(child);
    return child;
  };
  return {
    root,
    state,
    run,
    start,
    startThrough,
    finish,
    serve,
    async kill(child) {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
    async owner() {
      const { certificate } = await initIdentity(state);
      const token = mintOwnerToken(state, Date.now()).reveal();
      return Object.assign(connectOwner({ socketPath: join(run, 'control.sock'), certificate, token }), {
        certificate,
      });
    },
    async [Symbol.asyncDispose]() {
      for (const child of children) child.kill('SIGKILL');
      rmSync(root, { recursive: true });
    },
  };
}

export async function finished(child: ChildProcess): Promise<Finished> {
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) child[name]!.on('data', (chunk) => (said[name] += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...said };
}

/** Resolves with the first log line of the op. */
export async function logged(child: ChildProcess, op: string): Promise<Record<string, unknown>> {
  const lines: string[] = [];
  for await (const text of createInterface({ input: child.stdout! })) {
    lines.push(text);
    const line = JSON.parse(text) as Record<string, unknown>;
    if (line['op'] === op) return line;
  }
  throw new Error(`it ended before it logged ${op}: ${lines.join('\n')}`);
}

/** Resolves when it serves; what it logs from then on is thrown away. */
export async function serving(child: ChildProcess): Promise<void> {
  const line = await logged(child, 'control.start');
  if (line['ok'] !== true) throw new Error(`it does not serve: ${JSON.stringify(line)}`);
  child.stdout!.resume();
}
