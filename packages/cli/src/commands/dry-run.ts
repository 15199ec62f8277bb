// `deploy --dry-run`: the job script and the engine's command line as they would be, without reaching anything.

import { showEngineCommand } from '@fairlead/engines';
import { shellJoin } from '@fairlead/kit';

import type { NamedCluster } from '@fairlead/config';
import type { Context } from '../context.ts';
import { costWords, reasonLines, sizedFields } from './sized-text.ts';
import { clusterPaths, type DeploymentPlan, jobScript } from '@fairlead/launch';

const unplanned =
  'plan      none: this cluster has no site profile (`site`), and a dry run asks no host. `deploy` itself asks sinfo.';

export interface DryRunSite {
  cluster: NamedCluster;
  /** The files of the configuration in force. */
  files: readonly string[];
  /** Whether the cluster has a site profile. */
  isPlanned: boolean;
}

export function dryRun(plan: DeploymentPlan, { cluster, files, isPlanned }: DryRunSite, context: Context): void {
  // The home on the cluster is not known without going there.
  const paths = clusterPaths(cluster.config, { home: '/home/you' });
  const nodePath = cluster.config.node ?? `${paths.runtime}/node`;
  const script = jobScript(plan, cluster, {
    instance: 'i0000000',
    paths,
    nodePath,
    agentPath: `${paths.runtime}/agent.mjs`,
  });
  const engineCommand = showEngineCommand(plan.engine, {
    ...plan.engineSettings,
    model: plan.model,
    servedModel: plan.servedModel,
    gpus: plan.gpus,
    nodes: plan.nodes,
  });
  const words = [
    ...reasonLines(plan),
    ...(plan.cost ? [`cost      ${costWords(plan.cost)}`] : []),
    ...(!isPlanned && cluster.config.kind !== 'local' ? [unplanned] : []),
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
      risks: plan.risks,
      configFiles: files,
      script,
    },
    `# configuration: ${files.join(', ') || 'no file'}\n${choices}# the job script (home, instance and versions are filled in when it is submitted)\n${script}\n# the engine's command line, made by the agent\n${shellJoin(engineCommand)}`,
  );
}
