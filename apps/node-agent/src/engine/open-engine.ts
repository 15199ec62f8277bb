// Everything about the engine of this agent but its life: where its socket and log are, how it is started, how asked.

import { join } from 'node:path';
import {
  type EngineCommand,
  type EngineKind,
  type EngineNode,
  type EngineWanted,
  findEngineKind,
  markerVariable,
  type PhaseSeen,
  type WeightsPlace,
} from '@fairlead/engines';
import { type EngineFailure, type EngineSurroundings } from '@fairlead/engines/failures';
import {
  type Clock,
  createSecret,
  detach,
  durationOf,
  errorText,
  type Log,
  type Secret,
  untilAborted,
  withTimeLimit,
  signalProcess,
} from '@fairlead/kit';
import type { InstanceSpec } from '@fairlead/protocol';
import { type BesideEngine, openBesideEngine } from '../companion/open-beside-engine.ts';
import { logFileOf } from '../job/log-file.ts';
import type { NodeDirectory } from '../job/open-node-directory.ts';
import { refuseFailedPrologue } from '../job/refuse-failed-prologue.ts';
import type { StartProgress } from '../progress/start-progress.ts';
import { watchDownload } from '../progress/watch-download.ts';
import { type EngineAddress, takeAddress } from './engine-address.ts';
import { createEngineClient, type EngineClient } from './engine-client.ts';
import { createEngineOutputs, type EngineOutput } from './engine-output.ts';
import { createEngineQuestions, type EngineQuestions } from './engine-questions.ts';
import { type EngineRole, engineRoles } from './engine-role.ts';
import { exitForetold } from './exit-foretold.ts';
import { findMarked } from './find-processes.ts';
import { listInterfaces } from './list-interfaces.ts';
import { writeFiles } from './write-files.ts';
import { createBuildReader, engineMarkOf, planStart, type StartSurroundings } from './plan-start.ts';
import { readTokenFile } from './read-token-file.ts';
import { openRotatingLog, type RotatingLog } from './rotating-log.ts';
import { type HangReportOptions, saveHangReport } from './save-hang-report.ts';
import { type EngineExit, type EngineProcess, spawnEngine } from './spawn-engine.ts';

export interface OpenEngineOptions extends StartSurroundings {
  onPhase: (seen: PhaseSeen) => void;
  /** A sentence about what was made of the settings. Called once for each sentence. */
  onNote: (message: string) => void;
  /** Over several nodes: the interfaces of each, as far as they are known now. */
  nodesSeen?: () => EngineSurroundings['nodes'];
}

export interface Engine extends EngineQuestions, AsyncDisposable {
  readonly kind: EngineKind;
  /** What runs beside it on every node. Undefined: nothing. */
  readonly beside: BesideEngine | undefined;
  readonly engineKey: Secret;
  readonly client: EngineClient;
  readonly address: () => EngineAddress;
  /** Of the installed engine, as its last start has found it. Undefined where that is not known. */
  readonly version: () => string | undefined;
  /** Why it ended although it was not told to, judged by its exit and by its last lines since it was started. */
  explainExit: (exit: EngineExit, role?: EngineRole) => EngineFailure;
  explainSilence: () => { lastLines: string[]; hint: string };
  /** Saves what can be seen of it in the run directory; resolves with the path. Rejects where that cannot be written. */
  saveHangReport: (reason: string, pids: readonly number[]) => Promise<string>;
  /**
   * `node`: over several nodes, what this part has to know of the others. Rejects with the signal's reason when that fires before a
   * process was started.
   */
  spawn: (signal: AbortSignal, node?: EngineNode, role?: EngineRole) => Promise<EngineProcess>;
  /** Resolves when engine.log holds all it wrote so far. */
  logged: () => Promise<void>;
}

const logBytes = 64 * 1024 * 1024;

/** Throws `engine_unknown` for a spec whose engine this agent does not have. */
export async function openEngine(options: OpenEngineOptions): Promise<Engine> {
  const { spec, rank, directory, env, clock, log } = options;
  const kind = findEngineKind(spec.engine.name);
  const wanted: EngineWanted = { ...spec.engine, model: spec.model, servedModel: spec.servedModel };
  const engineKey = createSecret('fle-');
  const engineLog = await openEngineLog(spec, rank, log);
  const outputOf = openOutputs(kind, engineLog, options);
  const beside = await openBesideEngine({ spec, kind, wanted, env, log });
  const sweepOnce = createSweep(options);
  let latest: EngineRole = 'engine';
  let isPlain = false;
  let started: EngineCommand | undefined;
  let address: EngineAddress = { path: directory.socketPath };
  const tell = createTeller(options);
  const parts = { options, kind, wanted, beside, build: createBuildReader(kind, wanted, log) };
  const prepare = async (): Promise<Secret | undefined> => {
    await refuseFailedPrologue(env, spec.jobDir);
    await sweepOnce();
    address = await takeAddress(kind.listens(wanted), directory.socketPath);
    return readTokenFile(spec.engine.tokenFile);
  };
  const spawn = async (signal: AbortSignal, node?: EngineNode, role: EngineRole = 'engine') => {
    const hfToken = await untilAborted(prepare(), signal);
    latest = role;
    const lastWords = Promise.withResolvers<void>();
    const onOutput = outputOf(role).begin(lastWords.resolve);
    const asked = { node, role, address, engineKey, hfToken, isPlain };
    const { command, notes } = await planStart(parts, asked, signal);
    await writeFiles(command.files);
    tell(notes);
    if (role === 'engine') started = command;
    const engine = await spawnEngine({ command, ...placesOf(directory, role, beside), clock, log, signal, onOutput });
    const place = role === 'engine' ? kind.weights?.(spec.model, command.env) : undefined;
    followDownload({ engine, place, progress: outputOf(role).progress, clock, log });
    return node ? { ...engine, exited: exitForetold(engine.exited, lastWords.promise, clock) } : engine;
  };
  const client = createEngineClient({ address: () => address, engineKey });
  return {
    kind,
    beside,
    engineKey,
    client,
    address: () => address,
    version: parts.build.version,
    explainExit(exit, role = 'engine') {
      const failure = outputOf(role).explainExit(exit);
      if (role !== 'engine' && beside) return beside.name(failure);
      const retry = started?.optional && withoutOptional(failure, started.optional);
      isPlain ||= retry !== undefined;
      return retry ?? failure;
    },
    explainSilence: () => outputOf(latest).explainSilence(),
    saveHangReport: (reason, pids) =>
      saveHangReport({ ...hangOptions({ spec, rank, output: outputOf(latest), clock }, started), reason, pids }),
    spawn,
    ...createEngineQuestions({ kind, wanted, client, address: () => address }),
    logged: engineLog.written,
    [Symbol.asyncDispose]: () => closeAll([beside, engineLog]),
  };
}

async function closeAll(opened: ReadonlyArray<AsyncDisposable | undefined>): Promise<void> {
  for (const one of opened) await one?.[Symbol.asyncDispose]();
}

function openOutputs(kind: EngineKind, file: RotatingLog, options: OpenEngineOptions) {
  const { onPhase } = options;
  return createEngineOutputs({ kind, file, surroundings: () => surroundingsOf(kind, options), onPhase });
}

function openEngineLog({ jobDir, engine }: InstanceSpec, rank: number, log: Log): Promise<RotatingLog> {
  return openRotatingLog({
    path: join(jobDir, logFileOf('engine', { nodes: engine.nodes, rank })),
    what: 'the engine log',
    noteDropped: (bytes) => `[fairlead: ${bytes} bytes dropped]\n`,
    maxBytes: logBytes,
    log,
  });
}

function hangOptions(
  { spec, rank, output, clock }: { spec: InstanceSpec; rank: number; output: EngineOutput; clock: Clock },
  started: EngineCommand | undefined,
): Omit<HangReportOptions, 'reason' | 'pids'> {
  const ofNode = spec.engine.nodes === 1 ? {} : { rank };
  return { dir: spec.jobDir, ...ofNode, lastLines: () => output.lastLines, ...programOf(started), clock };
}

function placesOf({ socketPath, path }: NodeDirectory, role: EngineRole, beside: BesideEngine | undefined) {
  const own = role === 'engine' ? socketPath : join(path, `${role}.sock`);
  return { socketPath: own, directories: [path, ...(beside ? [beside.directory] : [])] };
}

function programOf(started: EngineCommand | undefined): { program: string; path: string | undefined } {
  const { argv: [program = ''] = [], env: { PATH: path } = {} } = started ?? {};
  return { program, path };
}

interface Downloading {
  engine: EngineProcess;
  place: WeightsPlace | undefined;
  progress: StartProgress | undefined;
  clock: Clock;
  log: Log;
}

/** Until the weights are there, or the engine has ended. */
function followDownload({ engine, place, progress, clock, log }: Downloading): void {
  if (!place || !progress) return;
  const over = new AbortController();
  detach(engine.exited.then(() => over.abort()));
  const onSeen = (seen: PhaseSeen) => progress.see(seen);
  const isOver = () => progress.hasWeights;
  detach(watchDownload({ place, onSeen, isOver, clock, log, signal: over.signal }));
}

/** Undefined where it failed for another reason than the optional arguments. */
function withoutOptional(
  failure: EngineFailure,
  { words: [flag = ''], without, hint }: NonNullable<EngineCommand['optional']>,
): EngineFailure | undefined {
  if (!failure.message.includes(`unrecognized arguments: ${flag}`)) return undefined;
  const message = `this engine does not know ${flag}; it is started again without it, and ${without}`;
  return { ...failure, message, hint, fatal: false };
}

/** Tells each sentence once: every start of the engine makes the same plan. */
function createTeller({ log, onNote }: OpenEngineOptions): (notes: readonly string[]) => void {
  const told = new Set<string>();
  return (notes) => {
    for (const message of notes) {
      if (told.has(message)) continue;
      told.add(message);
      log.info({ op: 'engine.plan' }, message);
      onNote(message);
    }
  };
}

const sweepTimeoutMs = 10_000;

/** Sweeps up at the first call; again while that has failed. */
function createSweep({ spec, rank, log }: OpenEngineOptions): () => Promise<void> {
  const marks = engineRoles.map((role) => engineMarkOf(spec, rank, role));
  let isDone = false;
  return async () => {
    if (isDone) return;
    for (const mark of marks) await sweepUp(mark, log);
    isDone = true;
  };
}

/** What an agent that was killed left on this node would hold the GPUs' memory. */
async function sweepUp(mark: string, log: Log): Promise<void> {
  const looking = findMarked(`${markerVariable}=${mark}`);
  const left = await withTimeLimit(
    looking,
    sweepTimeoutMs,
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

function surroundingsOf({ name }: EngineKind, { env, nodesSeen }: OpenEngineOptions): EngineSurroundings {
  const gpus = env['CUDA_VISIBLE_DEVICES'] ?? '';
  return { engine: name, gpus, interfaces: listInterfaces(), nodes: nodesSeen?.() };
}
