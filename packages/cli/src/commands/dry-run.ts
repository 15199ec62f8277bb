// `deploy --dry-run`: the job script and the engine's command line as they would be, without reaching anything.

import { showEngineCommand } from '@fairlead/engines';
import { shellJoin } from '@fairlead/kit';

import type { ClusterConfig, NamedCluster } from '@fairlead/config';
import type { Context } from '../context.ts';
import { type ClusterPaths, clusterPaths, type DeploymentPlan, jobScript } from '@fairlead/launch';

export interface DryRunSite {
  cluster: NamedCluster;
  /** The files of the configuration in force. */
  files: readonly string[];
}

export function dryRun(plan: DeploymentPlan, { cluster, files }: DryRunSite, context: Context): void {
  // The home on the cluster is not known without going there.
  const paths = clusterPaths(cluster.config, { home: '/home/you' });
  const nodePath = cluster.config.node ?? `${paths.runtime}/node`;
  const script = jobScript(plan, cluster, {
    instance: 'i0000000',
    paths,
    nodePath,
    agentPath: `${paths.runtime}/agent.mjs`,
  });
  const { argv: engineCommand, caches } = shownEngine(plan, cluster.config, paths);
  context.output.result(
    {
      event: 'deployment.planned',
      ok: true,
      dryRun: true,
      name: plan.name,
      model: plan.model,
      engine: plan.engine,
      engineCommand,
      engineCaches: caches,
      risks: plan.risks,
      configFiles: files,
      script,
    },
    `# configuration: ${files.join(', ') || 'no file'}\n# the job script (home, instance and versions are filled in when it is submitted)\n${script}\n# the engine's command line, made by the agent\n${shellJoin(engineCommand)}\n# where the engine keeps files, unless the job's environment says otherwise\n${cacheLines(caches)}`,
  );
}

function shownEngine(plan: DeploymentPlan, { env = {} }: ClusterConfig, paths: ClusterPaths) {
  const { engineSettings, model, servedModel, gpus, nodes } = plan;
  const wanted = { ...engineSettings, model, servedModel, gpus, nodes };
  const shared = paths.cache === undefined ? undefined : { path: paths.cache, isWritable: true };
  const local = paths.scratch === undefined ? undefined : `${paths.scratch}/fairlead-cache-<uid>`;
  return showEngineCommand(plan.engine, wanted, { env, caches: { shared, local } });
}

function cacheLines(caches: Readonly<Record<string, string>>): string {
  return Object.entries(caches)
    .map(([name, path]) => `#   ${name}=${path}`)
    .join('\n');
}
