// Starts the engine as the leader of a process group of its own, with its output in engine.log, and ends it again.

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { unlink } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { callLater, type Clock, detach, errnoOf, errorText, type Log, untilOver } from '@fairlead/kit';
import { agentError } from '../agent-error.ts';
import { endEngine, remember } from './end-engine.ts';
import { type EngineCommand, MARKER_VARIABLE } from './engine-command.ts';
import { guardEngine } from './engine-guard.ts';
import { createLineBlocks } from './line-blocks.ts';

export interface EngineExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface EngineProcess {
  readonly pid: number;
  /** Resolves once it has exited and its last output was read. Never rejects. */
  readonly exited: Promise<EngineExit>;
  /**
   * Ends it and everything it left behind, by force once `limitMs` are over; resolves when nothing is left. A later
   * call joins the one under way and may only shorten it.
   */
  end: (limitMs: number) => Promise<void>;
}

export interface SpawnEngineOptions {
  command: EngineCommand;
  socketPath: string;
  /** Takes the output, in blocks of whole lines. */
  onOutput: (block: Buffer) => void;
  clock: Clock;
  log: Log;
  /** How often its family is looked at, to know it when a parent in it dies. Default a minute. */
  lookEveryMs?: number;
}

/** A child that outlives the server may hold its output open: then the rest is not waited for. */
const OUTPUT_LIMIT_MS = 500;
const LOOK_EVERY_MS = 60_000;

type Family = Parameters<typeof remember>[0];

/** Rejects with `engine_spawn_failed` when there is no such program. */
export async function spawnEngine(options: SpawnEngineOptions): Promise<EngineProcess> {
  const { command, socketPath, clock, log } = options;
  const [program, ...args] = command.argv;
  // vLLM leaves its socket behind on every exit and refuses to start on it.
  await unlinkSocket(socketPath);
  const child = spawn(program, args, {
    env: command.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = settledExit(child, options);
  const pid = await spawned(child, program);
  const guard = guardEngine(pid);

  let ending: Promise<void> | undefined;
  const limit = new AbortController();
  const family = {
    pid,
    marker: `${MARKER_VARIABLE}=${command.env[MARKER_VARIABLE]}`,
    known: new Map<number, string>(),
  };
  const gone = new AbortController();
  detach(exited.then(() => gone.abort()));
  detach(rememberOften(family, options, gone.signal));
  const end = async () => {
    await endEngine({ ...family, exited, limit: limit.signal, clock, log });
    guard.disarm();
    await unlinkSocket(socketPath);
  };
  return {
    pid,
    exited,
    end(limitMs) {
      ending ??= end().finally(() => limit.abort());
      callLater(() => limit.abort(), { clock, afterMs: limitMs, signal: limit.signal });
      return ending;
    },
  };
}

async function rememberOften(family: Family, options: SpawnEngineOptions, signal: AbortSignal): Promise<void> {
  const { clock, lookEveryMs = LOOK_EVERY_MS } = options;
  while (!signal.aborted) {
    await untilOver(clock.sleep(lookEveryMs, signal), signal);
    if (!signal.aborted) await remember(family);
  }
}

function spawned(child: ReturnType<typeof spawn>, program: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  child.once('spawn', () => resolve(child.pid!));
  child.once('error', (error) => {
    reject(
      agentError(
        'engine_spawn_failed',
        `cannot start the engine because ${program} cannot be run: ${errorText(error)}`,
        {
          hint: "Make it known to the job: lines of the cluster's `prologue` that load modules or a venv, or its full path in `engines.<engine>.command`.",
          cause: error,
        },
      ),
    );
  });
  return promise;
}

/** Exited, and what it wrote last was read; a child that holds the pipes open is not waited for. */
async function settledExit(
  child: ChildProcessByStdio<null, Readable, Readable>,
  { onOutput, clock }: SpawnEngineOptions,
): Promise<EngineExit> {
  const outputs = [child.stdout, child.stderr].map((stream) => readBlocks(stream, onOutput));
  const { promise, resolve } = Promise.withResolvers<EngineExit>();
  child.once('exit', (code, signal) => resolve({ code, signal }));
  const exit = await promise;
  const limit = new AbortController();
  const late = untilOver(clock.sleep(OUTPUT_LIMIT_MS, limit.signal), limit.signal);
  await Promise.race([Promise.all(outputs), late]);
  limit.abort();
  return exit;
}

function readBlocks(stream: Readable, onBlock: (block: Buffer) => void): Promise<void> {
  const blocks = createLineBlocks(onBlock);
  const { promise, resolve } = Promise.withResolvers<void>();
  stream.on('data', (chunk: Buffer) => blocks.push(chunk));
  stream.once('error', () => resolve());
  stream.once('close', () => {
    blocks.end();
    resolve();
  });
  return promise;
}

async function unlinkSocket(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}
