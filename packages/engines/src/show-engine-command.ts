// The command line of an engine for display before the start: names in place of the values that only the node knows.

import { Secret } from '@fairlead/kit';
import { type CachePlaces, cacheVariables } from './caches/cache-variables.ts';
import { findEngineKind } from './engine-kinds.ts';
import { engineCommand } from './port/engine-command.ts';
import type { EnginePlace, EngineWanted, PresetSettings } from './port/engine-kind.ts';

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
  /** Where caches and temporary files lie; without what the job's environment sets. */
  caches: Record<string, string>;
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
  const { argv } = engineCommand({ kind, wanted, place: shownPlace, instanceId: '<instance>', ...job });
  const { env } = engineCommand({
    kind,
    wanted: { ...wanted, container: undefined },
    place: shownPlace,
    instanceId: '',
    ...job,
  });
  const caches = cacheVariables.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]));
  return { argv, caches: Object.fromEntries(caches) };
}
