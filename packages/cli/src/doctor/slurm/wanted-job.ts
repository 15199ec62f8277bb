// What a deployment would ask of Slurm on this site: the plan that checks hold against what Slurm offers.

import { defined } from '@fairlead/kit';
import type { SlurmPartition } from '@fairlead/scheduler';

import { type DeploymentPlan, planDeployment } from '@fairlead/launch';
import type { Inspection } from '../inspection.ts';

export interface WantedJob {
  plan: DeploymentPlan;
  /** Absent: the cluster's default. */
  partition?: string;
  account?: string;
  qos?: string;
  gpuType?: string;
  /** As the setting or flag is called, for hints. */
  timeFrom: string;
}

/** For the model that was named, else for one GPU, or none where the site has none and names no type. */
export async function wantedJobOf(inspection: Inspection): Promise<WantedJob> {
  const { config: cluster } = await inspection.cluster();
  const config = await inspection.config();
  const { partition, account, qos } = cluster.slurm ?? {};
  const gpuType = cluster.gpu?.type;
  const { model } = inspection.args;
  const isLocal = cluster.kind === 'local';
  const gpus = gpuType !== undefined || (!isLocal && hasGpus(await inspection.partitions(), partition)) ? 1 : 0;
  const plan =
    model === undefined
      ? planDeployment({ what: 'fairlead/doctor', name: 'doctor', gpus }, config, cluster)
      : planDeployment({ what: model, name: 'doctor' }, config, cluster);
  return {
    plan,
    ...defined({ partition, account, qos, gpuType }),
    timeFrom: cluster.slurm?.time === undefined ? 'the default of deploy' : 'slurm.time',
  };
}

/** The partition that was named, else the cluster's default. */
export function partitionOf(
  partitions: readonly SlurmPartition[],
  name: string | undefined,
): SlurmPartition | undefined {
  return partitions.find((partition) => (name === undefined ? partition.isDefault : partition.name === name));
}

function hasGpus(partitions: readonly SlurmPartition[], name: string | undefined): boolean {
  return (partitionOf(partitions, name)?.gpus.length ?? 0) > 0;
}
