// Makes the command of one process of an engine on this node: looks at GPUs, caches and the installed build, and plans with what it found.

import {
  type EngineCommand,
  engineCommand,
  type EngineKind,
  type EngineNode,
  type EnginePlace,
  type EnginePlan,
  type EngineWanted,
} from '@fairlead/engines';
import { type EngineBuild, engineBuilds } from '@fairlead/engines/builds';
import { type Clock, defined, type Log, type Secret, untilAborted } from '@fairlead/kit';
import type { InstanceSpec } from '@fairlead/protocol';
import type { BesideEngine } from '../companion/open-beside-engine.ts';
import { checkGpus } from '../gpu/check-gpus.ts';
import type { GpuWish } from '../gpu/judge-node-gpus.ts';
import type { NodeDirectory } from '../job/open-node-directory.ts';
import type { EngineAddress } from './engine-address.ts';
import type { EngineRole } from './engine-role.ts';
import { makeDirectories, openCaches } from './open-caches.ts';
import { readEngineBuild } from './read-engine-build.ts';

export interface StartSurroundings {
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
}

export interface StartParts {
  options: StartSurroundings;
  kind: EngineKind;
  wanted: EngineWanted;
  beside: BesideEngine | undefined;
  build: ReturnType<typeof createBuildReader>;
}

export interface StartAsked {
  node: EngineNode | undefined;
  role: EngineRole;
  address: EngineAddress;
  engineKey: Secret;
  hfToken: Secret | undefined;
  isPlain: boolean;
}

export interface PlannedStart {
  command: EngineCommand;
  notes: readonly string[];
}

/** Also makes the directories that the command needs. Rejects with the signal's reason. */
export async function planStart(
  { options, kind, wanted, beside, build }: StartParts,
  { node, role, address, engineKey, hfToken, isPlain }: StartAsked,
  signal: AbortSignal,
): Promise<PlannedStart> {
  const { spec, rank, env, log } = options;
  const gpus = role === 'check' ? noGpus : await checkGpus(gpuWish(kind, wanted, env), options, signal);
  const placed = node && beside ? { ...node, companion: await beside.place(role) } : node;
  const place = { ...placeOf(options, address, engineKey), ...defined({ gpu: gpus.gpu, node: placed }) };
  const job = { instanceId: engineMarkOf(spec, rank, role), env: { ...env, ...gpus.env }, ...defined({ hfToken }) };
  const caches = await untilAborted(openEngineCaches(kind, spec, log), signal);
  const plan = beside?.plan(role, place);
  const planned = { ...job, kind, wanted, place, isPlain, caches, ...defined({ plan }) };
  const commandOf = (fit: Fit) => engineCommand({ ...planned, fit });
  await untilAborted(makeDirectories(engineCommand(planned).directories, log), signal);
  const command = commandOf(plan ? asPlanned : await build.fitting(commandOf, signal));
  return { command, notes: [...gpus.notes, ...command.notes] };
}

/** Marks the processes of this part. Those of two parts differ, should they ever be on one host, and an engine's end is not its companion's. */
export function engineMarkOf({ instanceId, engine }: InstanceSpec, rank: number, role: EngineRole): string {
  const part = engine.nodes === 1 ? instanceId : `${instanceId}.${rank}`;
  return role === 'engine' ? part : `${part}.${role}`;
}

const noGpus: Awaited<ReturnType<typeof checkGpus>> = { env: {}, notes: [] };
const asPlanned: Fit = (plan) => plan;

/** A directory of its own on the node stays there for the next job: only for an engine that is known to keep something. */
function openEngineCaches(kind: EngineKind, { cacheDir, scratchDir }: InstanceSpec, log: Log) {
  return openCaches({ cacheDir, scratchDir: kind.caches.length === 0 ? undefined : scratchDir }, log);
}

function gpuWish(kind: EngineKind, wanted: EngineWanted, env: NodeJS.ProcessEnv): GpuWish {
  return { gpus: wanted.gpus, share: kind.gpuShare?.(wanted), env };
}

function placeOf(
  { nodePath, engineSim, directory }: StartSurroundings,
  address: EngineAddress,
  engineKey: Secret,
): EnginePlace {
  const port = 'port' in address ? String(address.port) : '';
  return { nodePath, engineSim, directory: directory.path, socket: directory.socketPath, port, engineKey };
}

type Fit = (plan: EnginePlan) => EnginePlan;

/** Reads the engine's build at the first start, once: the environment of a job does not change. `fitting`: what fits a plan to it. */
export function createBuildReader(kind: EngineKind, wanted: EngineWanted, log: Log) {
  const build = engineBuilds.get(kind.name);
  const serve = wanted.command ?? (kind.program.kind === 'installed' ? kind.program.command : []);
  let known: { found: EngineBuild | undefined } | undefined;
  const fitting = async (planned: (fit: Fit) => EngineCommand, signal: AbortSignal): Promise<Fit> => {
    if (!build) return (plan) => plan;
    const commandOf = (words: readonly string[]) => planned((plan) => ({ ...plan, argv: words, optional: undefined }));
    known ??= { found: await readEngineBuild({ build, name: kind.name, serve, commandOf, log }, signal) };
    const { found } = known;
    return (plan) => (found ? build.fit(plan, wanted, found) : plan);
  };
  return { fitting, version: () => known?.found?.version };
}
