// The command line of an engine for display before the start: names in place of the values that only the node knows.

import { defined, Secret } from '@fairlead/kit';
import { type CachePlaces, cacheVariables } from './caches/cache-variables.ts';
import { findEngineKind } from './engine-kinds.ts';
import { engineCommand } from './port/engine-command.ts';
import type {
  CompanionPlace,
  EngineCompanion,
  EngineKind,
  EngineNode,
  EnginePlace,
  EnginePlan,
  EngineWanted,
  PresetSettings,
} from './port/engine-kind.ts';

/** Names in place of what only the node knows. */
export const shownPlace: EnginePlace = {
  nodePath: '<node>',
  engineSim: ['<simulator>'],
  directory: '<directory>',
  socket: '<socket>',
  port: '<port>',
  engineKey: new Secret('<key>'),
};

export interface ShownEngine {
  argv: string[];
  /** Over several nodes: what runs on each, by rank and in the order of the starts. */
  ranks: ShownRank[];
  /** Where caches and temporary files lie; without what the job's environment sets. */
  caches: Record<string, string>;
}

export interface ShownRank {
  rank: number;
  /** The name of what runs beside the engine. Absent: it is the engine. */
  companion?: string;
  argv: string[];
  /** What the agent sets; without what the job's environment has. */
  env: Record<string, string>;
}

export interface ShownJob {
  /** The variables of the cluster's `env`. */
  env: Readonly<Record<string, string>>;
  caches: Omit<CachePlaces, 'directory'>;
}

export interface ShownServe {
  argv: string[];
  /** The part of `argv` that the settings make. */
  args: string[];
}

/** The command by which an engine serves a model with these settings, before anything is known of cluster and node. */
export function showServeCommand(engine: string, model: string, settings: PresetSettings): ShownServe {
  const kind = findEngineKind(engine);
  const command = kind.program.kind === 'installed' ? kind.program.command : [kind.name];
  const args = [...(kind.argumentsOf?.(settings.options) ?? []), ...settings.args];
  return { argv: [...command, model, ...args], args };
}

export function showEngineCommand(engine: string, wanted: EngineWanted, job: ShownJob): ShownEngine {
  const kind = findEngineKind(engine);
  const ranks = showRanks(kind, wanted, job);
  const alone = engineCommand({ kind, wanted, place: shownPlace, instanceId: '<instance>', ...job });
  const { env } = engineCommand({
    kind,
    wanted: { ...wanted, container: undefined },
    place: shownPlace,
    instanceId: '',
    ...job,
  });
  const caches = cacheVariables.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]));
  const driver = ranks.find(({ rank, companion }) => rank === 0 && companion === undefined) ?? alone;
  return { argv: driver.argv, ranks, caches: Object.fromEntries(caches) };
}

function showRanks(kind: EngineKind, wanted: EngineWanted, job: ShownJob): ShownRank[] {
  const ranks = wanted.nodes === 1 ? [] : Array.from({ length: wanted.nodes }, (_, rank) => rank);
  const companion = kind.companionOf?.(wanted);
  const isOther = (name: string) => Object.hasOwn(job.env, name) || cacheVariables.some((one) => one === name);
  const show = (rank: number, place: EnginePlace, plan?: EnginePlan) => {
    const { argv, env } = engineCommand({
      kind,
      wanted,
      place,
      instanceId: `<instance>.${rank}`,
      ...job,
      ...defined({ plan }),
    });
    return { rank, argv, env: Object.fromEntries(Object.entries(env).filter(([name]) => !isOther(name))) };
  };
  return ranks.flatMap((rank) => {
    const place = { ...shownPlace, node: nodeOf(rank, companion) };
    if (!companion) return show(rank, place);
    const beside = { ...show(rank, place, companion.plan(wanted, place)), companion: companion.title };
    return rank === 0 ? [beside, show(rank, place)] : beside;
  });
}

function nodeOf(rank: number, companion: EngineCompanion | undefined): EngineNode {
  const meeting = { address: '<address of rank 0>', port: '<free port>' };
  const node = { rank, address: `<address of rank ${rank}>`, networkInterface: '<interface to rank 0>', meeting };
  return companion ? { ...node, companion: shownCompanion(companion) } : node;
}

function shownCompanion({ portCount }: EngineCompanion): CompanionPlace {
  return {
    directory: '<directory>',
    ports: Array.from({ length: portCount }, (_, at) => `<port ${at + 1}>`),
    secret: new Secret('<token>'),
    memoryBytes: "<the job's memory>",
    python: ['<python>'],
  };
}
