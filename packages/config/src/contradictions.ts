// Finds settings that are valid alone and contradict each other. Each sentence begins with the setting and names the consequence.

import { checkContainer, defaultEngine, findEngineKind } from '@fairlead/engines';

import { engineSettingsOf } from './engine-settings.ts';
import { explainIssues } from './explain-issues.ts';
import type { ClusterConfig, FairleadConfig, PresetConfig } from './fairlead-config.ts';

export function contradictionsOf(config: FairleadConfig): string[] {
  const clusters = Object.entries(config.clusters ?? {});
  return [
    ...defaultClusterOf(config),
    ...clusters.flatMap(([name, cluster]) => ofCluster(`clusters.${name}`, cluster)),
    ...Object.entries(config.presets ?? {}).flatMap(([name, preset]) => ofPreset(`presets.${name}`, preset)),
  ];
}

function defaultClusterOf({ defaultCluster, clusters = {} }: FairleadConfig): string[] {
  if (defaultCluster === undefined || clusters[defaultCluster]) return [];
  const names = Object.keys(clusters).join(', ') || 'none';
  return [
    `defaultCluster: ${defaultCluster} is not among the configured clusters (${names}), so nothing could be deployed`,
  ];
}

function ofCluster(path: string, cluster: ClusterConfig): string[] {
  const { kind = 'slurm', login, slurm, gpu, engines, endToEnd, plain } = cluster;
  const problems: string[] = [];
  if (plain === false && !endToEnd)
    problems.push(`${path}.plain: without endToEnd there is nothing but plain requests, so none would be answered`);
  if (kind === 'local') {
    if (login)
      problems.push(`${path}.login: a local cluster runs jobs on this machine, so this setting would never be used`);
    if (slurm) problems.push(`${path}.slurm: a local cluster has no Slurm, so these settings would never be used`);
  }
  const overridden = Object.keys(slurm?.override ?? {});
  for (const directive of slurm?.omit ?? [])
    if (overridden.includes(directive))
      problems.push(`${path}.slurm.omit: ${directive} is also in slurm.override, so its value would never be used`);
  for (const [at, line] of (slurm?.extra ?? []).entries())
    if (/^(#SBATCH\s+)?(hetjob|packjob)\b/.test(line.trim()))
      problems.push(
        `${path}.slurm.extra.${at}: Fairlead does not deploy heterogeneous jobs (${line.trim()}): the agents and the engine would run on the first part alone. Choose nodes of one kind, by slurm.partition or slurm.constraint, and deploy models for other nodes under names of their own`,
      );
  if (gpu?.type && gpu.request === 'none')
    problems.push(`${path}.gpu.type: gpu.request is none, so the type would never be requested`);
  return [...problems, ...ofEngines(`${path}.engines`, engines)];
}

/** Its options are those of its engine, which the schema of a preset does not know. */
function ofPreset(path: string, { engine = defaultEngine, options = {}, args = [] }: PresetConfig): string[] {
  const kind = findEngineKind(engine);
  const read = kind.options.safeParse(options);
  if (!read.success) return explainIssues(read.error.issues, kind.options).map((issue) => `${path}.options.${issue}`);
  if (Object.keys(options).length === 0) return [];
  return kind
    .check({ args, env: {}, options })
    .problems.filter((problem) => Object.hasOwn(options, problem.path))
    .map((problem) => `${path}.options.${problem.path}: ${problem.message}`);
}

function ofEngines(path: string, engines: ClusterConfig['engines'] = {}): string[] {
  return Object.entries(engines).flatMap(([name, config]) => {
    const settings = engineSettingsOf(config);
    return [...findEngineKind(name).check(settings).problems, ...checkContainer(settings)].map(
      (problem) => `${path}.${name}.${problem.path}: ${problem.message}`,
    );
  });
}
