// Loads the configuration in force, checks it, and records the source of each value.

import { CodedError, defined, nearestNames } from '@fairlead/kit';
import { type ClusterConfig, type FairleadConfig, fairleadConfig } from './fairlead-config.ts';

import type { ConfigErrorCode } from './config-error.ts';
import type { ConfigPlace } from './config-place.ts';
import {
  type ConfigSource,
  environmentSources,
  leafPaths,
  mergeSettings,
  parseSetting,
  readConfigFile,
} from './config-sources.ts';
import { contradictionsOf } from './contradictions.ts';
import { explainIssues, problemWords } from './explain-issues.ts';
import { type ProjectConfig, readProjectConfig } from './project/project-config.ts';
import { parseSettingPath } from './setting-path.ts';
import { userConfigPath } from './user-config-path.ts';

export interface LoadedConfig {
  config: FairleadConfig;
  /** Setting path → the source of its value. */
  origins: Map<string, string>;
  /** The files that were read, weakest first. */
  files: string[];
  /** Absent if the user named one file. */
  project?: ProjectConfig;
}

/** `settings`: `--set path=value` flags with whole paths. Throws `config_invalid`, `config_unreadable` or `usage`. */
export async function loadConfig(place: ConfigPlace, settings: readonly string[] = []): Promise<LoadedConfig> {
  const { files, project } = place.file
    ? { files: [await explicitFile(place.file)], project: undefined }
    : await standardFiles(place);
  const flags = settings.map((setting) => ({ from: '--set', value: parseSetting(setting) }));
  const sources = [...files, ...environmentSources(place.env), ...flags];
  // Each source is checked together with those below it: a part of a mapping (`login.port`) may complete a lower one.
  let merged: unknown = {};
  let config: FairleadConfig | undefined;
  for (const source of sources) {
    merged = mergeSettings(merged, source.value);
    config = checkConfig(merged, source.from);
  }
  config ??= checkConfig(merged, 'the configuration');
  const origins = new Map<string, string>();
  for (const source of sources) for (const path of leafPaths(source.value)) origins.set(path, source.from);
  const paths = files.map((file) => file.from);
  // Contradictions are checked in the merged whole: a file may leave a part to another file.
  const contradictions = contradictionsOf(config);
  if (contradictions.length > 0) throw invalid(contradictions, paths.join(' and ') || 'the configuration');
  return { config, origins, files: paths, ...defined({ project }) };
}

/**
 * The configuration for one deployment and its cluster. A `--set` whose path does not begin at the top of the file
 * (`slurm.partition=gpu`) is meant for the cluster that is deployed on.
 */
export async function loadForCluster(
  place: ConfigPlace,
  options: { on?: string | undefined; set: readonly string[] },
): Promise<{ config: FairleadConfig; cluster: NamedCluster; files: string[] }> {
  // Reports a wrong setting as the user typed it.
  for (const setting of options.set) parseSetting(setting);
  const isWhole = (setting: string) =>
    Object.hasOwn(fairleadConfig.shape, parseSettingPath(setting)?.keys[0] ?? setting.split(/[.=]/)[0] ?? '');
  const whole = options.set.filter(isWhole);
  const { name } = pickCluster((await loadConfig(place, whole)).config, options.on);
  const own = options.set.filter((setting) => !isWhole(setting)).map((setting) => `clusters.${name}.${setting}`);
  const { config, files } = await loadConfig(place, [...whole, ...own]);
  return { config, cluster: pickCluster(config, name), files };
}

export interface NamedCluster {
  name: string;
  config: ClusterConfig;
}

/** The cluster that the caller names, else the default one, else the only one. Throws `cluster_unknown`. */
export function pickCluster(config: FairleadConfig, wanted: string | undefined): NamedCluster {
  const names = Object.keys(config.clusters ?? {});
  const name = wanted ?? config.defaultCluster ?? (names.length === 1 ? names[0] : undefined);
  if (name === undefined) {
    throw new CodedError<ConfigErrorCode>(
      'cluster_unknown',
      names.length === 0
        ? 'cannot deploy because no cluster is configured'
        : `cannot choose among ${names.length} clusters: ${names.join(', ')}`,
      {
        hint: names.length === 0 ? 'Run `fairlead init`.' : 'Name one with --on, or set defaultCluster.',
      },
    );
  }
  // Not `config.clusters[name]` alone: every object has a `constructor`.
  const cluster = names.includes(name) ? config.clusters?.[name] : undefined;
  if (cluster) return { name, config: cluster };
  const [near] = nearestNames(name, names);
  throw new CodedError<ConfigErrorCode>('cluster_unknown', `cannot use cluster ${name} because it is not configured`, {
    hint: `${near ? `Did you mean ${near}? ` : ''}Configured: ${names.join(', ') || 'none'}. Add it with \`fairlead init\`.`,
  });
}

/** Throws `config_invalid` with every problem in words. */
export function checkConfig(value: unknown, from: string): FairleadConfig {
  const result = fairleadConfig.safeParse(value);
  if (result.success) return result.data;
  throw invalid(explainIssues(result.error.issues, fairleadConfig), from);
}

function invalid(problems: readonly string[], from: string): CodedError<ConfigErrorCode> {
  return new CodedError('config_invalid', `cannot use ${from} because ${problemWords(problems)}`, {
    hint: 'Every setting is in docs/configuration.md and in `fairlead config schema`.',
  });
}

async function explicitFile(path: string): Promise<ConfigSource> {
  const source = await readConfigFile(path);
  if (source) return source;
  throw new CodedError<ConfigErrorCode>('config_unreadable', `cannot read ${path} because there is no such file`, {
    hint: 'Correct --config or FAIRLEAD_CONFIG.',
  });
}

async function standardFiles(place: ConfigPlace): Promise<{ files: ConfigSource[]; project: ProjectConfig }> {
  const user = await readConfigFile(userConfigPath(place.env, place.home));
  const project = await readProjectConfig(place);
  if (project.whole) checkConfig(mergeSettings(user?.value ?? {}, project.whole.value), project.whole.from);
  for (const warning of project.warnings) place.warn(warning);
  return { files: [user, project.source].filter((source) => source !== undefined), project };
}
