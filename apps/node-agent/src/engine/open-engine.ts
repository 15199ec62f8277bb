// Everything about the engine of this agent but its life: where its socket and log are, how it is started, how asked.

import { join } from 'node:path';
import { type Clock, createSecret, type Log, type Secret } from '@fairlead/kit';
import { type StartPhase, startPhase } from '@fairlead/protocol';
import type { NodeDirectory } from '../job/open-node-directory.ts';
import type { AgentSpec } from '../job/read-spec.ts';
import { signalProcess } from './end-engine.ts';
import { createEngineClient, type EngineClient } from './engine-client.ts';
import { engineCommand, MARKER_VARIABLE } from './engine-command.ts';
import { findMarked } from './find-processes.ts';
import { LastLines } from './last-lines.ts';
import { parseStartPhase, type PhaseSeen } from './parse-start-phase.ts';
import { readTokenFile } from './read-token-file.ts';
import { openRotatingLog } from './rotating-log.ts';
import { type EngineProcess, spawnEngine } from './spawn-engine.ts';

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
  /** Since the last start. */
  lastLines: () => readonly string[];
  spawn: () => Promise<EngineProcess>;
  /** Resolves when engine.log holds all it wrote so far. */
  logged: () => Promise<void>;
}

const LOG_BYTES = 64 * 1024 * 1024;

export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { spec, directory, clock, log } = options;
  const engineKey = createSecret('fle-');
  const engineLog = await openRotatingLog({ path: join(spec.jobDir, 'engine.log'), maxBytes: LOG_BYTES, log });
  const last = new LastLines();
  let sweptUp = false;

  const spawn = async (): Promise<EngineProcess> => {
    if (!sweptUp) await sweepUp(spec.instanceId, log);
    sweptUp = true;
    last.clear();
    const hfToken = await readTokenFile(spec.engine.tokenFile);
    const command = engineCommand({
      engine: spec.engine,
      instanceId: spec.instanceId,
      nodePath: options.nodePath,
      engineSim: options.engineSim,
      socketPath: directory.socketPath,
      directory: directory.path,
      engineKey,
      ...(hfToken ? { hfToken } : {}),
      env: options.env,
    });
    const phases = createPhaseReader(options.onPhase);
    return spawnEngine({
      command,
      socketPath: directory.socketPath,
      clock,
      log,
      onOutput: (block) => {
        engineLog.write(block);
        phases(last.push(block));
      },
    });
  };
  return {
    engineKey,
    client: createEngineClient({ socketPath: directory.socketPath, engineKey }),
    lastLines: () => last.lines,
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

/** What an agent that was killed left on this node would hold the GPUs' memory. */
async function sweepUp(instanceId: string, log: Log): Promise<void> {
  const left = await findMarked(`${MARKER_VARIABLE}=${instanceId}`);
  if (left.length === 0) return;
  log.warn({ op: 'engine.sweep', pids: left }, 'ending what a former agent of this instance left behind');
  for (const pid of left) signalProcess(pid, 'SIGKILL');
}
