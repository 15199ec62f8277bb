// Whether a job has its nodes to itself, and how near to each other they have to be: as the preset says, else the cluster, else the
// profile of the site. Pure.

import type { ClusterConfig, PresetConfig } from '@fairlead/config';
import { defined } from '@fairlead/kit';
import { parseSlurmDuration, type SbatchDirectives } from '@fairlead/scheduler';

import type { SiteFacts } from './site-facts.ts';

export interface PlacementInput {
  preset: Pick<PresetConfig, 'exclusive' | 'switches'>;
  cluster: Pick<ClusterConfig, 'slurm'>;
  site?: Pick<SiteFacts, 'places'> | undefined;
  nodes: number;
  /** Of each node. */
  gpus: number;
  /** The partition that the plan has chosen. */
  partition: string | undefined;
}

export interface Placement extends Pick<SbatchDirectives, 'exclusive' | 'switches'> {
  /** What the user has to know of GPUs that the job holds and does not use. */
  idleWords?: string;
}

export function placementOf({ preset, cluster, site, nodes, gpus, partition }: PlacementInput): Placement {
  const { slurm = {} } = cluster;
  const name = partition ?? slurm.partition;
  const place = site?.places.find((one) => one.partition !== undefined && one.partition === name);
  const exclusive = preset.exclusive ?? slurm.exclusive ?? place?.exclusive;
  const switches = nodes === 1 ? undefined : (preset.switches ?? slurm.switches);
  const idle = exclusive === true && place ? place.gpusPerNode - gpus : 0;
  return defined({
    exclusive: exclusive === false ? undefined : exclusive,
    switches: switches && {
      count: switches.count,
      ...defined({ maxWaitMinutes: switches.maxWait === undefined ? undefined : parseSlurmDuration(switches.maxWait) }),
    },
    idleWords:
      idle > 0
        ? `the job has its nodes to itself (exclusive), and uses ${gpus} of the ${place?.gpusPerNode} GPUs of each: most sites charge the others too`
        : undefined,
  });
}
