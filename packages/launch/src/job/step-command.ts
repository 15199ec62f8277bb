// The command that runs a program on the first node of a job, from the login host.

import { srunStepCommand } from '@fairlead/scheduler';

import type { Site } from '../site/open-site.ts';
import { slurmSite } from '../site/slurm-site.ts';

/** Beside what the job runs there already, and without GPUs of its own. A local cluster runs it as it is. */
export async function stepCommand(
  { cluster: { config }, paths, jobClusters }: Pick<Site, 'cluster' | 'paths' | 'jobClusters'>,
  { id, jobId }: { id: string; jobId: string },
  argv: readonly string[],
): Promise<string[]> {
  if (config.kind === 'local') return [...argv];
  const slurm = slurmSite(config, paths);
  const cluster = (await jobClusters?.of(id)) ?? slurm.cluster;
  return srunStepCommand(cluster === undefined ? slurm : { ...slurm, cluster }, jobId, argv);
}
