// Everything about the engine of this agent but its life: where its socket and log are, how it is started, how asked.

import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import {
  type Clock,
  createSecret,
  durationOf,
  errorText,
  type Log,
  type Secret,
  untilAborted,
  withTimeLimit,
} from '@fairlead/kit';
import { type StartPhase, startPhase } from '@fairlead/protocol';
import type { NodeDirectory } from '../job/open-node-directory.ts';
import type { AgentSpec } from '../job/read-spec.ts';
import type { EngineFailure } from '../supervisor/supervisor-state.ts';
import { classifyFailure } from './classify-failure.ts';
import { signalProcess } from './end-engine.ts';
import { createEngineClient, type EngineClient } from './engine-client.ts';
import { engineCommand, MARKER_VARIABLE } from './engine-command.ts';
import { explainSilence } from './explain-silence.ts';
import { findMarked } from './find-processes.ts';
import type { EngineSurroundings } from './known-failure.ts';
import { LastLines } from './last-lines.ts';
import { parseStartPhase, type PhaseSeen } from './parse-start-phase.ts';
import { readTokenFile } from './read-token-file.ts';
import { openRotatingLog } from './rotating-log.ts';
import { type EngineExit, type EngineProcess, spawnEngine } from './spawn-engine.ts';

export interface EngineOptions {
  spec: AgentSpec;
  directory: NodeDirectory;
  env: NodeJS.ProcessEnv;
  nodePath: string;
  engineSim: readonly string[];
  clock: Clock;
  log: Log;
  onPhase: (seen: { phase: StartPhase; percent?: number }) => void;
}

export interface Engine extends AsyncDisposable {
  readonly engineKey: Secret;
  readonly client: EngineClient;
  /** Why it ended although it was not told to, judged by its exit and by its last lines since it was started. */
  explainExit: (exit: EngineExit) => EngineFailure;
  explainSilence: () => { lastLines: string[]; hint: string };
  /** Rejects with the signal's reason when that fires before a process was started. */
  spawn: (signal: AbortSignal) => Promise<EngineProcess>;
  /** Resolves when engine.log holds all it wrote so far. */
  logged: () => Promise<void>;
}

const LOG_BYTES = 64 * 1024 * 1024;

export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { spec, directory, clock, log } = options;
  const engineKey = createSecret('fle-');
  const engineLog = await openRotatingLog({ path: join(spec.jobDir, 'engine.log'), maxBytes: LOG_BYTES, log });
  const last = new LastLines();
  const surroundings = (): EngineSurroundings => ({
    gpus: options.env['CUDA_VISIBLE_DEVICES'] ?? '',
    interfaces: listInterfaces(),
  });
  let sweptUp = false;
  let isPlain = false;

  const prepare = async (): Promise<Secret | undefined> => {
    if (!sweptUp) await sweepUp(spec.instanceId, log);
    sweptUp = true;
    return readTokenFile(spec.engine.tokenFile);
  };

  const spawn = async (signal: AbortSignal): Promise<EngineProcess> => {
    const hfToken = await untilAborted(prepare(), signal);
    last.clear();
    const command = engineCommand({
      engine: spec.engine,
      instanceId: spec.instanceId,
      nodePath: options.nodePath,
      engineSim: options.engineSim,
      socketPath: directory.socketPath,
      directory: directory.path,
      engineKey,
      ...(hfToken ? { hfToken } : {}),
      isPlain,
      env: options.env,
    });
    const phases = createPhaseReader(options.onPhase);
    return spawnEngine({
      command,
      socketPath: directory.socketPath,
      clock,
      log,
      signal,
      onOutput: (block) => {
        engineLog.write(block);
        phases(last.push(block));
      },
    });
  };
  return {
    engineKey,
    client: createEngineClient({ socketPath: directory.socketPath, engineKey }),
    explainExit(exit) {
      const failure = classifyFailure({ ...exit, lines: last.lines, surroundings: surroundings() });
      const [unknown] = spec.engine.optionalArguments;
      if (isPlain || unknown === undefined || !failure.message.includes(`unrecognized arguments: ${unknown}`))
        return failure;
      isPlain = true;
      const message = `this engine does not know ${unknown}; it is started again without it, and a request may have it fetch any URL`;
      return {
        ...failure,
        message,
        hint: 'Use a newer vLLM: docs/security.md says what is open until then.',
        fatal: false,
      };
    },
    explainSilence: () => explainSilence(last.lines, surroundings()),
    spawn,
    logged: engineLog.written,
    [Symbol.asyncDispose]: () => engineLog[Symbol.asyncDispose](),
  };
}

/**
 * Reads phases until the start is over; after that lines only go to the log. Never goes back: stdout and stderr come
 * through two pipes, and the order between them is lost.
 */
function createPhaseReader(onPhase: (seen: PhaseSeen) => void): (lines: readonly string[]) => void {
  let reached: PhaseSeen = { phase: 'booting' };
  return (lines) => {
    if (reached.phase === 'probing') return;
    const before = reached;
    for (const line of lines) {
      const seen = parseStartPhase(line);
      if (seen && PHASES.indexOf(seen.phase) >= PHASES.indexOf(reached.phase)) reached = seen;
    }
    if (reached.phase !== before.phase || reached.percent !== before.percent) onPhase(reached);
  };
}

const PHASES = startPhase.options;

const SWEEP_LIMIT_MS = 10_000;

/** What an agent that was killed left on this node would hold the GPUs' memory. */
async function sweepUp(instanceId: string, log: Log): Promise<void> {
  const looking = findMarked(`${MARKER_VARIABLE}=${instanceId}`);
  const left = await withTimeLimit(
    looking,
    SWEEP_LIMIT_MS,
    () => new Error('the look into /proc takes too long'),
  ).catch((error: unknown) => {
    if (durationOf(error) === 'passing') throw error;
    log.warn({ op: 'engine.sweep', ok: false, error: errorText(error) }, 'cannot see what a former agent left behind');
    return [];
  });
  if (left.length === 0) return;
  log.warn({ op: 'engine.sweep', pids: left }, 'ending what a former agent of this instance left behind');
  for (const pid of left) signalProcess(pid, 'SIGKILL');
}

function listInterfaces(): string[] {
  try {
    return Object.keys(networkInterfaces()).filter((name) => name !== 'lo' && !name.startsWith('lo:'));
  } catch {
    // A sandbox that forbids the question: the cure is told without the names.
    return [];
  }
}
