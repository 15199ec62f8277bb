// Which settings a project's file may make before the user has trusted it: what asks for a model and for resources.
// Everything else runs commands, says where to log in, or names files, and is withheld. Pure.

import { isMapping } from '../config-sources.ts';

/** `*` stands for one key of any name. What is not listed is withheld, also what a later version adds. */
export const freeSettings: readonly string[] = [
  'defaultCluster',
  ...['partition', 'account', 'qos', 'constraint', 'reservation', 'time', 'cpusPerTask', 'mem'].map(
    (name) => `clusters.*.slurm.${name}`,
  ),
  'clusters.*.gpu.*',
  'clusters.*.health.*',
  'clusters.*.engines.*.readyLimitSeconds',
  'clusters.*.engines.*.stopLimitSeconds',
  ...['model', 'engine', 'servedModel', 'gpus', 'nodes', 'time', 'mem', 'cpusPerTask', 'description'].map(
    (name) => `presets.*.${name}`,
  ),
];

const freePaths = freeSettings.map((path) => path.split('.'));

export interface SortedSettings {
  /** What counts without trust. */
  free: Record<string, unknown>;
  /** The paths of what does not. */
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

/** Undefined where nothing of it is free: a cluster of which only its name is left is none. */
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

/** As the engine's command line would read it. */
function isOption(value: unknown): boolean {
  return typeof value === 'string' && value.startsWith('-');
}
