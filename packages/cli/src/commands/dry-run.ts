// `deploy --dry-run`: the job script and the engine's command line as they would be, without reaching anything.

import { showEngineCommand, type ShownRank } from '@fairlead/engines';
import { shellJoin } from '@fairlead/kit';

import { type ClusterConfig, type NamedCluster, plannedEngine } from '@fairlead/config';
import { builtInModels } from '@fairlead/planner';

import type { Context } from '../context.ts';
import { costWords, reasonLines, sizedFields } from './sized-text.ts';
import { type ClusterPaths, clusterPaths, type DeploymentPlan, jobScript } from '@fairlead/launch';

const withoutProfile =
  'plan      none: this cluster has no site profile (`site`), and a dry run asks no host. `deploy` itself asks sinfo.';

export interface DryRunSite {
  cluster: NamedCluster;
  /** The files of the configuration in force. */
  files: readonly string[];
  /** Of the site: GPUs and prices. */
  hasProfile: boolean;
}

export function dryRun(plan: DeploymentPlan, { cluster, files, hasProfile }: DryRunSite, context: Context): void {
  // The home on the cluster is not known without going there.
  const paths = clusterPaths(cluster.config, { home: '/home/you' });
  const nodePath = cluster.config.node ?? `${paths.runtime}/node`;
  const script = jobScript(plan, cluster, {
    instance: 'i0000000',
    paths,
    nodePath,
    agentPath: `${paths.runtime}/agent.mjs`,
  });
  const { argv: engineCommand, ranks, caches } = shownEngine(plan, cluster.config, paths);
  const words = [
    ...reasonLines(plan),
    ...plan.risks.map((risk) => `warning   ${risk}`),
    ...(plan.cost ? [`cost      ${costWords(plan.cost)}`] : []),
    ...whyUnplanned(plan, { cluster, hasProfile }),
  ];
  const choices = words.map((word) => `# ${word}\n`).join('');
  context.output.result(
    {
      event: 'deployment.planned',
      ok: true,
      dryRun: true,
      model: plan.model,
      engine: plan.engine,
      ...sizedFields(plan),
      engineCommand,
      ...(ranks.length === 0 ? {} : { ranks: ranks.map(({ argv, ...rank }) => ({ ...rank, command: argv })) }),
      engineCaches: caches,
      risks: plan.risks,
      configFiles: files,
      script,
    },
    `# configuration: ${files.join(', ') || 'no file'}\n${choices}# the job script (home, instance and versions are filled in when it is submitted)\n${script}\n${commandLines(engineCommand, ranks)}\n# where the engine keeps files, unless the job's environment says otherwise\n${cacheLines(caches)}`,
  );
}

function whyUnplanned(
  { engine, model, gpus, reasons }: DeploymentPlan,
  { cluster, hasProfile }: Pick<DryRunSite, 'cluster' | 'hasProfile'>,
): string[] {
  if (!hasProfile) return cluster.config.kind === 'local' ? [] : [withoutProfile];
  const isPlannable = engine === plannedEngine && gpus > 0 && model.includes('/');
  if (reasons.length > 0 || !isPlannable || builtInModels.some((one) => one.model === model)) return [];
  return [
    `plan      none: nothing is known here of ${model}, and a dry run asks no host. \`deploy\` itself asks the hub and the cluster; \`fairlead plan ${model}\` asks the hub, and is remembered.`,
  ];
}

function shownEngine(plan: DeploymentPlan, { env = {} }: ClusterConfig, paths: ClusterPaths) {
  const { engineSettings, model, servedModel, gpus, nodes } = plan;
  const wanted = { ...engineSettings, model, servedModel, gpus, nodes };
  const shared = paths.cache === undefined ? undefined : { path: paths.cache, isWritable: true };
  const local = paths.scratch === undefined ? undefined : `${paths.scratch}/fairlead-cache-<uid>`;
  return showEngineCommand(plan.engine, wanted, { env, caches: { shared, local } });
}

function commandLines(command: readonly string[], ranks: readonly ShownRank[]): string {
  if (ranks.length === 0) return `# the engine's command line, made by the agent\n${shellJoin(command)}`;
  const blocks = ranks.map(({ rank, companion, argv, env }) =>
    [
      companion === undefined
        ? `# the engine's part on the node of rank ${rank}, made by its agent: variables and command line`
        : `# ${companion} on the node of rank ${rank}, started by its agent before the engine: variables and command line`,
      ...Object.entries(env).map(([name, value]) => `#   ${name}=${value}`),
      shellJoin(argv),
    ].join('\n'),
  );
  return blocks.join('\n');
}

function cacheLines(caches: Readonly<Record<string, string>>): string {
  return Object.entries(caches)
    .map(([name, path]) => `#   ${name}=${path}`)
    .join('\n');
}
