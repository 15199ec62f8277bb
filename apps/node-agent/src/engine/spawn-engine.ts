// Starts the engine as the leader of a process group of its own, with its output in engine.log, and ends it again.

import { type ChildProcess, spawn } from 'node:child_process';
import { unlink } from 'node:fs/promises';
import { callLater, type Clock, detach, errnoOf, errorText, type Log, repeatTurns, untilOver } from '@fairlead/kit';
import { agentError } from '../agent-error.ts';
import type { EngineFailure } from '@fairlead/engines/failures';
import { endEngine } from './end-engine.ts';
import { type EngineCommand, markerVariable } from '@fairlead/engines';
import { createEngineFamily, type EngineFamily, type EngineFamilyOptions } from './engine-family.ts';
import { guardEngine } from './engine-guard.ts';
import { createLineBlocks } from './line-blocks.ts';
import { openOutputSocket, type OutputSocket } from './open-output-socket.ts';
import { removeSharedMemory } from './shared-memory.ts';
import { readOomKills } from '../memory/read-oom-kills.ts';

export interface EngineExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** How many processes of the agent's cgroup the kernel has killed for their memory since the engine was started; absent where it is none, or not known. */
  oomKills?: number;
  /** It has said that it is about to end, and has not ended yet. */
  isEnding?: boolean;
  /** Of an engine over several nodes: the failure that is its cause, which may be that of a part on another node. */
  elsewhere?: EngineFailure;
}

export interface EngineProcess {
  readonly pid: number;
  /** Resolves once it has exited and its last output was read. Never rejects. */
  readonly exited: Promise<EngineExit>;
  /** The processes that belong to it now, as far as they can be seen within some seconds. Never rejects. */
  pids: () => Promise<number[]>;
  /** Resolves when SIGKILL has not ended everything after some seconds, with the pids that are known to be left. Never rejects. */
  readonly stuck: Promise<number[]>;
  /**
   * Ends it and everything it left behind, by force once `limitMs` are over; resolves when nothing is left, and not
   * before. A later call joins the one under way and may only shorten it.
   */
  end: (limitMs: number) => Promise<void>;
}

export interface SpawnEngineOptions {
  command: Pick<EngineCommand, 'argv' | 'env'>;
  socketPath: string;
  /** The agent's own on the node, to be removed if the agent is killed. */
  directories?: readonly string[];
  /** Takes the output, in blocks of whole lines. The memory of a block is written over when it returns. */
  onOutput: (block: Buffer) => void;
  clock: Clock;
  log: Log;
  /** Fires when the engine is no longer wanted; nothing is started then. */
  signal?: AbortSignal;
  /** How often the engine's processes are listed at least, so that orphans among them are known. Default a minute. */
  lookEveryMs?: number;
  /** Default: reads /proc. */
  find?: EngineFamilyOptions['find'];
  /** After how long processes that SIGKILL does not end are reported as stuck. Default 10 s. */
  stuckAfterMs?: number;
}

/** How long the end of the output is awaited after the exit: a child that outlives the server may hold it open. */
const outputTimeoutMs = 500;
const pollIntervalMs = 60_000;
const lookTimeoutMs = 2_000;
const periodicLookTimeoutMs = 30_000;
/** After the start, and then at intervals that double: an engine may be killed soon after it has made its processes and shared memory. */
const firstLookMs = 5_000;

interface StartedProgram {
  child: ChildProcess;
  pid: number;
  /** Settles when all output was read. */
  outputRead: Promise<unknown>;
}

/** Rejects with `engine_spawn_failed` when the program cannot be run; the cause tells whether it may be later. */
export async function spawnEngine(options: SpawnEngineOptions): Promise<EngineProcess> {
  const { command, socketPath, clock, log } = options;
  // vLLM leaves its socket behind on every exit and refuses to start on it.
  await unlinkSocket(socketPath);
  const oomKillsBefore = await readOomKills();
  options.signal?.throwIfAborted();
  const started = await startProgram(options);
  const { pid } = started;
  const exited = settledExit(started, options, oomKillsBefore);
  const guard = guardEngine(pid, { directories: options.directories ?? [], clock, log });

  let ending: Promise<void> | undefined;
  const limit = new AbortController();
  const stuck = Promise.withResolvers<number[]>();
  const marker = `${markerVariable}=${command.env[markerVariable]}`;
  const family = createEngineFamily({ clock, log, find: options.find, pid, marker });
  detach(lookOften(family, options, exited));
  const end = async () => {
    await endEngine({ ...options, family, exited, limit: limit.signal, onStuck: stuck.resolve });
    guard.disarm();
    await removeSharedMemory(family.sharedMemory, log);
    await unlinkSocket(socketPath).catch((error: unknown) => {
      log.warn({ op: 'engine.end', error: errorText(error) }, "cannot remove the engine's socket");
    });
  };
  return {
    pid,
    exited,
    pids: async () => [...((await family.look(lookTimeoutMs))?.keys() ?? [pid])],
    stuck: stuck.promise,
    end(limitMs) {
      ending ??= end().then(
        () => limit.abort(),
        (error: unknown) => {
          ending = undefined;
          throw error;
        },
      );
      callLater(() => limit.abort(), { clock, afterMs: limitMs, signal: limit.signal });
      return ending;
    },
  };
}

async function lookOften(
  family: EngineFamily,
  { clock, log, lookEveryMs = pollIntervalMs }: SpawnEngineOptions,
  exited: Promise<unknown>,
): Promise<void> {
  const over = new AbortController();
  detach(exited.then(() => over.abort()));
  let nextMs = firstLookMs;
  const look = async () => {
    await family.look(periodicLookTimeoutMs);
    const waitMs = Math.min(nextMs, lookEveryMs);
    nextMs *= 2;
    return waitMs;
  };
  await repeatTurns(look, { op: 'engine.look', clock, log, signal: over.signal });
}

async function startProgram(options: SpawnEngineOptions): Promise<StartedProgram> {
  const { argv, env } = options.command;
  const [program, ...args] = argv;
  const outputs: OutputSocket[] = [];
  try {
    for (const name of ['out', 'err']) {
      const blocks = createLineBlocks((block) => takeBlock(block, options));
      const output = await openOutputSocket(`${options.socketPath}.${name}`, (chunk) => blocks.push(chunk));
      detach(output.ended.then(() => blocks.end()));
      outputs.push(output);
    }
    const child = spawn(program, args, {
      env,
      detached: true,
      stdio: ['ignore', ...outputs.map(({ childEnd }) => childEnd)],
    });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    child.once('spawn', resolve);
    child.once('error', reject);
    await promise;
    return { child, pid: child.pid!, outputRead: Promise.all(outputs.map(({ ended }) => ended)) };
  } catch (error) {
    throw agentError(
      'engine_spawn_failed',
      `cannot start the engine because ${program} cannot be run: ${errorText(error)}`,
      {
        hint: "Make it known to the job: lines of the cluster's `prologue` that load modules or a venv, or its full path in `engines.<engine>.command`.",
        cause: error,
      },
    );
  } finally {
    for (const { childEnd } of outputs) childEnd.destroy();
  }
}

function takeBlock(block: Buffer, { onOutput, log }: SpawnEngineOptions): void {
  try {
    onOutput(block);
  } catch (error) {
    log.error({ op: 'engine.output', ok: false, error: errorText(error) }, 'cannot take in output of the engine');
  }
}

/** Exited, and what it wrote last was read; a child that holds the pipes open is not waited for. */
async function settledExit(
  { child, outputRead }: StartedProgram,
  { clock }: SpawnEngineOptions,
  oomKillsBefore: number | undefined,
): Promise<EngineExit> {
  const { promise, resolve } = Promise.withResolvers<EngineExit>();
  child.once('exit', (code, signal) => resolve({ code, signal }));
  const exit = await promise;
  const limit = new AbortController();
  const late = untilOver(clock.sleep(outputTimeoutMs, limit.signal), limit.signal);
  await Promise.race([outputRead, late]);
  limit.abort();
  const oomKills = ((await readOomKills()) ?? 0) - (oomKillsBefore ?? 0);
  return oomKillsBefore === undefined || oomKills <= 0 ? exit : { ...exit, oomKills };
}

async function unlinkSocket(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}
