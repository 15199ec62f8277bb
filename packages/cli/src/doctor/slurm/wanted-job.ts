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
  /** Why the model is not planned, where its facts cannot be had. */
  unplanned?: string;
}

type Looking = Pick<Inspection, 'args' | 'config' | 'cluster' | 'partitions' | 'knownFacts'>;

/** Planned as `deploy` plans it, for the model that was named, else for one GPU, or none where the site has none and names no type. */
export async function wantedJobOf(inspection: Looking): Promise<WantedJob> {
  const { config: cluster } = await inspection.cluster();
  const config = await inspection.config();
  const { partition, account, qos } = cluster.slurm ?? {};
  const gpuType = cluster.gpu?.type;
  const { model } = inspection.args;
  const isLocal = cluster.kind === 'local';
  const gpus = gpuType !== undefined || (!isLocal && hasGpus(await inspection.partitions(), partition)) ? 1 : 0;
  const { unplanned, ...known } = model === undefined ? {} : await inspection.knownFacts();
  const plan =
    model === undefined
      ? planDeployment({ what: 'fairlead/doctor', name: 'doctor', gpus }, config, cluster)
      : planDeployment({ what: model, name: 'doctor' }, config, cluster, known);
  return {
    plan,
    ...defined({ partition: partition ?? plan.partition, account, qos, gpuType: gpuType ?? plan.gpuType, unplanned }),
    timeFrom: cluster.slurm?.time === undefined ? 'the default of deploy' : 'slurm.time',
  };
}

/** The model that was named, as `deploy` would read it: without a look at the site. */
export async function modelWanted(
  inspection: Pick<Inspection, 'args' | 'config' | 'cluster'>,
): Promise<Pick<DeploymentPlan, 'model' | 'engine'> | undefined> {
  const { model } = inspection.args;
  if (model === undefined) return undefined;
  // Whether it fits is a check of its own.
  const request = { what: model, name: 'doctor', plan: false };
  return planDeployment(request, await inspection.config(), (await inspection.cluster()).config);
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
