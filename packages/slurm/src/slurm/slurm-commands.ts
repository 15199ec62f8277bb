// The command lines that the Slurm scheduler runs on the login host. Pure.

import { shellJoin } from '@fairlead/kit';
import { formatSlurmDuration } from '../script/duration.ts';
import { sacctFormat } from '../parse/parse-sacct.ts';
import { squeueFormat } from '../parse/parse-squeue.ts';
import type { CancelMode, JobSubmission } from '../scheduler.ts';
import { slurmError } from '../slurm-error.ts';

export interface SlurmSite {
  /** Directory of sbatch and the others, where they are not on the PATH. */
  binDir?: string;
  /** `--clusters`, where the login host serves several. */
  cluster?: string;
}

/**
 * Every command runs without the SLURM_* and SBATCH_* of a surrounding job, module or profile: an outer `--gpus=1` would
 * ask for GPUs in the inner job, SQUEUE_FORMAT change what is parsed. SLURM_CONF says where the cluster is and SLURM_JWT
 * who asks: they stay. Times come as epoch seconds. The job's log gets sbatch's umask, hence 077.
 */
const scrub = `for name in $(env | grep -Eo '^(SLURM|SBATCH|SQUEUE|SINFO|SACCT|SCANCEL|SCONTROL|PMI|PMIX)_[A-Za-z0-9_]*'); do
case $name in SLURM_CONF|SLURM_JWT) ;; *) unset "$name" ;; esac
done
export LC_ALL=C
umask 077
`;

/** `sbatch` without SLURM_TIME_FORMAT: SLURM_* variables would reach the job even with --export=NONE. */
export function sbatchCommand(site: SlurmSite, job: JobSubmission): string[] {
  return wrapped(`${scrub}exec "$@"`, site, 'sbatch', ['--parsable', ...jobOptions(job), job.scriptPath]);
}

export function testOnlyCommand(site: SlurmSite, job: JobSubmission): string[] {
  return query(site, 'sbatch', ['--test-only', ...jobOptions(job), job.scriptPath]);
}

export function squeueByIdCommand(site: SlurmSite, jobIds: readonly string[]): string[] {
  return query(site, 'squeue', ['-h', '-t', 'all', '-o', squeueFormat, '-j', jobIds.map(checkedId).join(',')]);
}

/** `--me` needs Slurm 20.11. */
export function squeueByNameCommand(site: SlurmSite, name: string): string[] {
  return query(site, 'squeue', ['-h', '-t', 'all', '-o', squeueFormat, '--me', `--name=${checkedName(name)}`]);
}

export function squeueOfUserCommand(site: SlurmSite): string[] {
  return query(site, 'squeue', ['-h', '-o', squeueFormat, '--me']);
}

export function sacctByIdCommand(site: SlurmSite, jobIds: readonly string[]): string[] {
  const ids = jobIds.map(checkedId).join(',');
  return query(site, 'sacct', ['-X', '-n', '-P', `--format=${sacctFormat}`, '-j', ids]);
}

export function sacctByNameCommand(site: SlurmSite, name: string): string[] {
  const which = ['--starttime=now-1hours', `--name=${checkedName(name)}`];
  return query(site, 'sacct', ['-X', '-n', '-P', `--format=${sacctFormat}`, ...which]);
}

export function scontrolCommand(site: SlurmSite, jobId: string): string[] {
  return query(site, 'scontrol', ['-o', 'show', 'job', checkedId(jobId)]);
}

/**
 * The commands of one order, all of them to be run. A drain cancels a pending job first: a signal to one makes
 * scancel 22.05 try again for 95 s.
 */
export function scancelCommands(site: SlurmSite, jobId: string, how: CancelMode): string[][] {
  const id = checkedId(jobId);
  switch (how) {
    case 'drain':
      return [
        query(site, 'scancel', ['--state=PENDING', id]),
        query(site, 'scancel', ['--state=RUNNING', '--batch', '--signal=USR2', id]),
      ];
    case 'stop':
      return [query(site, 'scancel', [id])];
    case 'kill':
      return [query(site, 'scancel', ['--full', '--signal=KILL', id])];
  }
}

function jobOptions(job: JobSubmission): string[] {
  const limit = job.timeLimitMinutes;
  return [
    `--job-name=${checkedName(job.name)}`,
    `--chdir=${job.workDir}`,
    ...(limit === undefined ? [] : [`--time=${formatSlurmDuration(limit)}`]),
  ];
}

/** Any of Slurm's commands that only asks. */
export function query(site: SlurmSite, program: string, args: readonly string[]): string[] {
  return wrapped(`${scrub}export SLURM_TIME_FORMAT=%s\nexec "$@"`, site, program, args);
}

function wrapped(script: string, site: SlurmSite, program: string, args: readonly string[]): string[] {
  const path = site.binDir === undefined ? program : `${site.binDir}/${program}`;
  const cluster = site.cluster === undefined ? [] : [`--clusters=${site.cluster}`];
  return ['sh', '-c', script, 'sh', path, ...cluster, ...args];
}

function checkedId(jobId: string): string {
  if (/^\d+$/.test(jobId)) return jobId;
  throw slurmError('value_refused', `cannot ask for a job because its id is not a number: got ${shellJoin([jobId])}`);
}

function checkedName(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) return name;
  throw slurmError(
    'value_refused',
    `cannot use the job name ${JSON.stringify(name)} because it holds other characters`,
    {
      hint: 'Use letters, digits, ".", "_" and "-".',
    },
  );
}
