// Which Slurm a cluster of the configuration means: its commands, its cluster, and how often its queue may be asked. Pure.

import { defined } from '@fairlead/kit';
import { join } from 'node:path/posix';

import { type ClusterConfig, defaults } from '@fairlead/config';
import { parseDirectives, type SlurmSite } from '@fairlead/scheduler';

import type { ClusterPaths } from '../cluster-paths.ts';

export function slurmSite({ slurm = {} }: ClusterConfig, paths: Pick<ClusterPaths, 'state'>): SlurmSite {
  const { binDir, pollSeconds } = slurm;
  const cluster = slurmCluster(slurm);
  const file = join(paths.state, 'queue', cluster ?? 'default');
  return {
    ...defined({ binDir, cluster }),
    ...(pollSeconds === undefined ? {} : { sharedQueue: { file, maxAgeSeconds: pollSeconds } }),
  };
}

/** The setting, else what the job script would say to sbatch: the queue is asked where the job goes. */
export function slurmCluster({ cluster, override, extra }: NonNullable<ClusterConfig['slurm']>): string | undefined {
  const directives = parseDirectives((extra ?? []).filter((line) => line.startsWith('#SBATCH')).join('\n'));
  const named = cluster ?? override?.['clusters'] ?? directives.findLast(({ name }) => name === 'clusters')?.value;
  return named === '' ? undefined : named;
}

/** The least time between two looks of one command at the queue. */
export function pollMs(slurm: ClusterConfig['slurm']): number {
  return Math.max(defaults.pollSeconds, slurm?.pollSeconds ?? 0) * 1000;
}
