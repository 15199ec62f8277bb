// Decides which settings of a project's file count before the user has trusted it: those that choose a model and resources.
// All others run commands, decide where to log in, or name files, and are withheld. Pure.

import { isMapping } from '../config-sources.ts';

/** `*` stands for one key of any name. Every other setting is withheld, also one that a later version adds. */
export const freeSettings: readonly string[] = [
  'defaultCluster',
  ...['partition', 'account', 'qos', 'constraint', 'reservation', 'time', 'cpusPerTask', 'mem', 'exclusive'].map(
    (name) => `clusters.*.slurm.${name}`,
  ),
  'clusters.*.slurm.switches.*',
  'clusters.*.gpu.*',
  'clusters.*.health.*',
  'clusters.*.engines.*.readyLimitSeconds',
  'clusters.*.engines.*.stopLimitSeconds',
  ...['model', 'engine', 'servedModel', 'gpus', 'nodes', 'time', 'mem', 'cpusPerTask', 'exclusive', 'description'].map(
    (name) => `presets.*.${name}`,
  ),
  'presets.*.switches.*',
];

const freePaths = freeSettings.map((path) => path.split('.'));

export interface SortedSettings {
  /** The settings that count without trust. */
  free: Record<string, unknown>;
  /** The paths of the other settings. */
  withheld: string[];
}

export function sortSettings(value: Record<string, unknown>): SortedSettings {
  const withheld: string[] = [];
  const free = sortMapping(value, [], withheld);
  return { free: free ?? {}, withheld };
}

export function isFreeSetting(path: readonly string[]): boolean {
  return freePaths.some(
    (free) => free.length === path.length && free.every((key, at) => key === '*' || key === path[at]),
  );
}

/** Undefined if no setting in it is free: a cluster without settings would be only a name. */
function sortMapping(
  value: Record<string, unknown>,
  above: readonly string[],
  withheld: string[],
): Record<string, unknown> | undefined {
  const kept = Object.entries(value).flatMap(([key, inner]): Array<[string, unknown]> => {
    const path = [...above, key];
    if (isMapping(inner)) {
      const part = sortMapping(inner, path, withheld);
      return part === undefined ? [] : [[key, part]];
    }
    if (isFreeSetting(path) && !isOption(inner)) return [[key, inner]];
    withheld.push(path.join('.'));
    return [];
  });
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

/** Whether the engine's command line would read the value as an option. */
function isOption(value: unknown): boolean {
  return typeof value === 'string' && value.startsWith('-');
}
