// The command line of an engine for display before the start: names in place of the values that only the node knows.

import { Secret } from '@fairlead/kit';
import { type CachePlaces, cacheVariables } from './caches/cache-variables.ts';
import { findEngineKind } from './engine-kinds.ts';
import { engineCommand } from './port/engine-command.ts';
import type { EngineKind, EngineNode, EnginePlace, EngineWanted, PresetSettings } from './port/engine-kind.ts';

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
  /** Over several nodes: the command of each, by rank. `argv` is the first of them. */
  ranks: ShownRank[];
  /** Where caches and temporary files lie; without what the job's environment sets. */
  caches: Record<string, string>;
}

export interface ShownRank {
  rank: number;
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
  return { argv: ranks[0]?.argv ?? alone.argv, ranks, caches: Object.fromEntries(caches) };
}

function showRanks(kind: EngineKind, wanted: EngineWanted, job: ShownJob): ShownRank[] {
  const ranks = wanted.nodes === 1 ? [] : Array.from({ length: wanted.nodes }, (_, rank) => rank);
  const isOther = (name: string) => Object.hasOwn(job.env, name) || cacheVariables.some((one) => one === name);
  return ranks.map((rank) => {
    const place = { ...shownPlace, node: nodeOf(rank) };
    const { argv, env } = engineCommand({ kind, wanted, place, instanceId: `<instance>.${rank}`, ...job });
    return { rank, argv, env: Object.fromEntries(Object.entries(env).filter(([name]) => !isOther(name))) };
  });
}

function nodeOf(rank: number): EngineNode {
  const meeting = { address: '<address of rank 0>', port: '<free port>' };
  return { rank, address: `<address of rank ${rank}>`, networkInterface: '<interface to rank 0>', meeting };
}
