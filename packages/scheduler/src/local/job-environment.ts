// The environment that a local job's script begins with: what `--export` lets through, and Slurm's own variables. Pure.

import type { LocalJobSpec } from './job-files.ts';

export interface JobHost {
  node: string;
  user: string;
  uid: number;
  cpus: number;
}

const scrubbed = /^(SLURM|SBATCH|SQUEUE|SACCT|SCANCEL|SCONTROL|SLURMD|PMI|PMIX|FAIRLEAD_LOCAL_JOB)(_|$)/;
const login = /^(HOME|USER|LOGNAME|SHELL|PATH|LANG|LC_[A-Z]+|TZ|TMPDIR|XDG_RUNTIME_DIR|XDG_CACHE_HOME)$/;

/**
 * `--export=NONE` leaves what a login has; a list of names (with or without values) adds these; everything else is ALL.
 * Never what belongs to a surrounding job.
 */
export function pickExported(outer: NodeJS.ProcessEnv, exported: string): Record<string, string> {
  const words = exported.split(',').map((word) => word.trim());
  const all = exported === '' || words.includes('ALL');
  const named = new Set(words.filter((word) => !word.includes('=')));
  const picked: Record<string, string> = {};
  for (const [name, value] of Object.entries(outer)) {
    if (value === undefined || scrubbed.test(name)) continue;
    if (all || login.test(name) || named.has(name)) picked[name] = value;
  }
  for (const word of words.filter((candidate) => candidate.includes('='))) {
    const at = word.indexOf('=');
    picked[word.slice(0, at)] = word.slice(at + 1);
  }
  return picked;
}

export function slurmVariables(spec: LocalJobSpec, host: JobHost, times: { startMs: number; endMs?: number }) {
  const gpus = spec.gpus.join(',');
  return {
    SLURM_JOB_ID: spec.jobId,
    SLURM_JOBID: spec.jobId,
    SLURM_JOB_NAME: spec.name,
    SLURM_JOB_PARTITION: 'local',
    SLURM_CLUSTER_NAME: 'local',
    SLURM_JOB_USER: host.user,
    SLURM_JOB_UID: String(host.uid),
    SLURM_JOB_START_TIME: String(Math.floor(times.startMs / 1000)),
    ...(times.endMs === undefined ? {} : { SLURM_JOB_END_TIME: String(Math.floor(times.endMs / 1000)) }),
    SLURM_RESTART_COUNT: '0',
    SLURM_SUBMIT_DIR: spec.workDir,
    SLURM_SUBMIT_HOST: host.node,
    SLURMD_NODENAME: host.node,
    SLURM_JOB_NODELIST: host.node,
    SLURM_NODELIST: host.node,
    SLURM_JOB_NUM_NODES: '1',
    SLURM_NNODES: '1',
    SLURM_NODEID: '0',
    SLURM_PROCID: '0',
    SLURM_LOCALID: '0',
    SLURM_TASKS_PER_NODE: '1',
    SLURM_CPUS_ON_NODE: String(host.cpus),
    ...(gpus === ''
      ? {}
      : { SLURM_JOB_GPUS: gpus, CUDA_VISIBLE_DEVICES: gpus, SLURM_GPUS_ON_NODE: String(spec.gpus.length) }),
  };
}
