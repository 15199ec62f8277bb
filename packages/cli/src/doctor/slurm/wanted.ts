// What a deployment would ask of Slurm on this site: the plan that checks hold against what Slurm offers.

import { defined } from '@fairlead/kit';
import type { SlurmPartition } from '@fairlead/scheduler';

import { type DeploymentPlan, planDeployment } from '@fairlead/launch';
import type { World } from '../world.ts';

export interface Wanted {
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
export async function wantedOf(world: World): Promise<Wanted> {
  const { config: cluster } = await world.cluster();
  const config = await world.config();
  const { partition, account, qos } = cluster.slurm ?? {};
  const gpuType = cluster.gpu?.type;
  const { model } = world.args;
  const isLocal = cluster.kind === 'local';
  const gpus = gpuType !== undefined || (!isLocal && hasGpus(await world.partitions(), partition)) ? 1 : 0;
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
