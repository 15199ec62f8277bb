// Reads from Slurm's environment which hosts a job has, and which of them this process runs on. Pure.

import { expandHostList } from './expand-host-list.ts';

export interface JobNodes {
  /** Of this host, from 0. */
  rank: number;
  /** In the order of their ranks. */
  hosts: readonly string[];
  /** The address from which srun has started this process: the host of rank 0, as the other hosts reach it. */
  launchAddress?: string;
}

/** Undefined where the environment does not say, or contradicts itself. */
export function readJobNodes(env: NodeJS.ProcessEnv): JobNodes | undefined {
  const hosts = expandHostList(env['SLURM_STEP_NODELIST'] ?? env['SLURM_JOB_NODELIST'] ?? '');
  const rank = Number(env['SLURM_NODEID'] ?? Number.NaN);
  if (!hosts || !Number.isInteger(rank) || rank < 0 || rank >= hosts.length) return undefined;
  const launchAddress = env['SLURM_LAUNCH_NODE_IPADDR'];
  return { rank, hosts, ...(launchAddress ? { launchAddress } : {}) };
}
