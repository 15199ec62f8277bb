// Everything about the engine of this agent but its life: where its socket and log are, how it is started, how asked.

import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import {
  type EngineCommand,
  engineCommand,
  type EngineKind,
  type EngineNode,
  type EnginePlace,
  type EnginePlan,
  type EngineWanted,
  findEngineKind,
  markerVariable,
  type PhaseSeen,
  type WeightsPlace,
} from '@fairlead/engines';
import { type EngineBuild, engineBuilds } from '@fairlead/engines/builds';
import { type EngineFailure, type EngineSurroundings } from '@fairlead/engines/failures';
import {
  type Clock,
  createSecret,
  defined,
  detach,
  durationOf,
  errnoOf,
  errorText,
  type Log,
  type Secret,
  untilAborted,
  withTimeLimit,
  signalProcess,
} from '@fairlead/kit';
import type { InstanceSpec } from '@fairlead/protocol';
import { logFileOf } from '../job/log-file.ts';
import type { NodeDirectory } from '../job/open-node-directory.ts';
import { refuseFailedPrologue } from '../job/refuse-failed-prologue.ts';
import { checkGpus } from '../gpu/check-gpus.ts';
import type { GpuWish } from '../gpu/judge-node-gpus.ts';
import type { StartProgress } from '../progress/start-progress.ts';
import { watchDownload } from '../progress/watch-download.ts';
import { type EngineAddress, takeAddress } from './engine-address.ts';
import { createEngineClient, type EngineClient } from './engine-client.ts';
import { EngineOutput } from './engine-output.ts';
import { createEngineQuestions, type EngineQuestions } from './engine-questions.ts';
import { findMarked } from './find-processes.ts';
import { makeDirectories, openCaches } from './open-caches.ts';
import { readEngineBuild } from './read-engine-build.ts';
import { readTokenFile } from './read-token-file.ts';
import { openRotatingLog, type RotatingLog } from './rotating-log.ts';
import { type HangReportOptions, saveHangReport } from './save-hang-report.ts';
import { type EngineExit, type EngineProcess, spawnEngine } from './spawn-engine.ts';

export interface OpenEngineOptions {
  spec: InstanceSpec;
  /** Of this node. */
  rank: number;
  directory: NodeDirectory;
  env: NodeJS.ProcessEnv;
  hostname: string;
  nodePath: string;
  engineSim: readonly string[];
  clock: Clock;
  log: Log;
  onPhase: (seen: PhaseSeen) => void;
  /** A sentence about what was made of the settings. Called once for each sentence. */
  onNote: (message: string) => void;
}

export interface Engine extends EngineQuestions, AsyncDisposable {
  readonly kind: EngineKind;
  readonly engineKey: Secret;
  readonly client: EngineClient;
  readonly address: () => EngineAddress;
  /** Why it ended although it was not told to, judged by its exit and by its last lines since it was started. */
  explainExit: (exit: EngineExit) => EngineFailure;
  explainSilence: () => { lastLines: string[]; hint: string };
  /** Saves what can be seen of it in the run directory; resolves with the path. Rejects where that cannot be written. */
  saveHangReport: (reason: string, pids: readonly number[]) => Promise<string>;
  /**
   * `node`: over several nodes, what this part has to know of the others. Rejects with the signal's reason when that fires before a
   * process was started.
   */
  spawn: (signal: AbortSignal, node?: EngineNode) => Promise<EngineProcess>;
  /** Resolves when engine.log holds all it wrote so far. */
  logged: () => Promise<void>;
}

const logBytes = 64 * 1024 * 1024;

/** Throws `engine_unknown` for a spec whose engine this agent does not have. */
export async function openEngine(options: OpenEngineOptions): Promise<Engine> {
  const { spec, rank, directory, env, clock, log, onPhase } = options;
  const kind = findEngineKind(spec.engine.name);
  const wanted: EngineWanted = { ...spec.engine, model: spec.model, servedModel: spec.servedModel };
  const engineKey = createSecret('fle-');
  const engineLog = await openEngineLog(spec, rank, log);
  const output = new EngineOutput({ kind, file: engineLog, surroundings: () => surroundingsOf(kind, env), onPhase });
  const instanceId = markOf(spec, rank);
  const sweepOnce = createSweep(instanceId, log);
  let isPlain = false;
  let started: EngineCommand | undefined;
  let address: EngineAddress = { path: directory.socketPath };
  const tell = createTeller(options);
  const readBuild = createBuildReader(kind, wanted, log);

  const prepare = async (): Promise<Secret | undefined> => {
    await refuseFailedPrologue(env, spec.jobDir);
    await sweepOnce();
    address = await takeAddress(kind.listens(wanted), directory.socketPath);
    return readTokenFile(spec.engine.tokenFile);
  };

  const spawn = async (signal: AbortSignal, node?: EngineNode): Promise<EngineProcess> => {
    const hfToken = await untilAborted(prepare(), signal);
    const onOutput = output.begin();
    const gpus = await checkGpus(gpuWish(kind, wanted, env), options, signal);
    const place = { ...placeOf(options, address, engineKey), ...defined({ gpu: gpus.gpu, node }) };
    const job = { instanceId, env: { ...env, ...gpus.env }, ...defined({ hfToken }) };
    const caches = await untilAborted(openEngineCaches(kind, spec, log), signal);
    const planned = { ...job, kind, wanted, place, isPlain, caches };
    const commandOf = (fit: Fit) => engineCommand({ ...planned, fit });
    await untilAborted(makeDirectories(engineCommand(planned).directories, log), signal);
    const command = commandOf(await readBuild(commandOf, signal));
    started = command;
    tell([...gpus.notes, ...command.notes]);
    const engine = await spawnEngine({ command, ...placesOf(directory), clock, log, signal, onOutput });
    followDownload({ engine, place: kind.weights?.(spec.model, command.env), progress: output.progress, clock, log });
    return engine;
  };
  const client = createEngineClient({ address: () => address, engineKey });
  return {
    kind,
    engineKey,
    client,
    address: () => address,
    explainExit(exit) {
      const failure = output.explainExit(exit);
      const retry = started?.optional && withoutOptional(failure, started.optional);
      if (retry) isPlain = true;
      return retry ?? failure;
    },
    explainSilence: () => output.explainSilence(),
    saveHangReport: (reason, pids) =>
      saveHangReport({ ...hangOptions({ spec, rank, output, clock }, started), reason, pids }),
    spawn,
    ...createEngineQuestions({ kind, wanted, client, address: () => address }),
    logged: engineLog.written,
    [Symbol.asyncDispose]: () => engineLog[Symbol.asyncDispose](),
  };
}

/** Marks the processes of this part. Those of two parts differ, should they ever be on one host. */
function markOf({ instanceId, engine }: InstanceSpec, rank: number): string {
  return engine.nodes === 1 ? instanceId : `${instanceId}.${rank}`;
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

/** A directory of its own on the node stays there for the next job: only for an engine that is known to keep something. */
function openEngineCaches(kind: EngineKind, { cacheDir, scratchDir }: InstanceSpec, log: Log) {
  return openCaches({ cacheDir, scratchDir: kind.caches.length === 0 ? undefined : scratchDir }, log);
}

function hangOptions(
  { spec, rank, output, clock }: { spec: InstanceSpec; rank: number; output: EngineOutput; clock: Clock },
  started: EngineCommand | undefined,
): Omit<HangReportOptions, 'reason' | 'pids'> {
  const ofNode = spec.engine.nodes === 1 ? {} : { rank };
  return { dir: spec.jobDir, ...ofNode, lastLines: () => output.lastLines, ...programOf(started), clock };
}

function placesOf({ socketPath, path }: NodeDirectory): { socketPath: string; directory: string } {
  return { socketPath, directory: path };
}

function programOf(started: EngineCommand | undefined): { program: string; path: string | undefined } {
  const { argv: [program = ''] = [], env: { PATH: path } = {} } = started ?? {};
  return { program, path };
}

function gpuWish(kind: EngineKind, wanted: EngineWanted, env: NodeJS.ProcessEnv): GpuWish {
  return { gpus: wanted.gpus, share: kind.gpuShare?.(wanted), env };
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

function placeOf(
  { nodePath, engineSim, directory }: OpenEngineOptions,
  address: EngineAddress,
  engineKey: Secret,
): EnginePlace {
  const port = 'port' in address ? String(address.port) : '';
  return { nodePath, engineSim, directory: directory.path, socket: directory.socketPath, port, engineKey };
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

type Fit = (plan: EnginePlan) => EnginePlan;

/** Reads the engine's build at the first start, once: the environment of a job does not change. Returns what fits a plan to it. */
function createBuildReader(kind: EngineKind, wanted: EngineWanted, log: Log) {
  const build = engineBuilds.get(kind.name);
  const serve = wanted.command ?? (kind.program.kind === 'installed' ? kind.program.command : []);
  let known: { found: EngineBuild | undefined } | undefined;
  return async (planned: (fit: Fit) => EngineCommand, signal: AbortSignal): Promise<Fit> => {
    if (!build) return (plan) => plan;
    const commandOf = (words: readonly string[]) => planned((plan) => ({ ...plan, argv: words, optional: undefined }));
    known ??= { found: await readEngineBuild({ build, name: kind.name, serve, commandOf, log }, signal) };
    const { found } = known;
    return (plan) => (found ? build.fit(plan, wanted, found) : plan);
  };
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
function createSweep(instanceId: string, log: Log): () => Promise<void> {
  let isDone = false;
  return async () => {
    if (!isDone) await sweepUp(instanceId, log);
    isDone = true;
  };
}

/** What an agent that was killed left on this node would hold the GPUs' memory. */
async function sweepUp(instanceId: string, log: Log): Promise<void> {
  const looking = findMarked(`${markerVariable}=${instanceId}`);
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

function surroundingsOf({ name }: EngineKind, env: NodeJS.ProcessEnv): EngineSurroundings {
  return { engine: name, gpus: env['CUDA_VISIBLE_DEVICES'] ?? '', interfaces: listInterfaces() };
}

function listInterfaces(): string[] {
  try {
    return Object.keys(networkInterfaces()).filter((name) => name !== 'lo' && !name.startsWith('lo:'));
  } catch (error) {
    // A sandbox that forbids the question: the cure is told without the names.
    if (errnoOf(error) !== 'ERR_SYSTEM_ERROR') throw error;
    return [];
  }
}
