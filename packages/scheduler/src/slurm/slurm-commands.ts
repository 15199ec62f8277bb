// The command lines that the Slurm scheduler runs on the login host. Pure.

import { shellJoin } from '@fairlead/kit';
import { unsetReport } from './classify/refusal-lines.ts';
import { shellSettings } from './classify/shell-settings.ts';
import { formatSlurmDuration } from '../script/duration.ts';
import { sacctFormat } from './parse/parse-sacct.ts';
import { squeueFormat } from './parse/parse-squeue.ts';
import type { CancelMode, JobSubmission } from '../scheduler.ts';
import { schedulerError } from '../scheduler-error.ts';
import { type SharedQueue, sharedQueueScript } from './shared-queue.ts';

export interface SlurmSite {
  /** Directory of sbatch and the others, where they are not on the PATH. */
  binDir?: string;
  /** `--clusters`, where the login host serves several. */
  cluster?: string;
  /** Where the queue may be asked only so often. */
  sharedQueue?: SharedQueue;
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

/** What the user's shell would have set: told on stderr, where a refusal is explained (see refusal-lines.ts). */
const report = `for name in ${shellSettings.flatMap((name) => [`SBATCH_${name}`, `SLURM_${name}`]).join(' ')}; do
eval "value=\\\${$name-}"
[ -z "$value" ] || printf '%s %s=%s\n' '${unsetReport}' "$name" "$value" >&2
done
`;

/** `sbatch` without SLURM_TIME_FORMAT: SLURM_* variables would reach the job even with --export=NONE. */
export function sbatchCommand(site: SlurmSite, job: JobSubmission): string[] {
  const args = ['--parsable', ...jobOptions(job), job.scriptPath];
  return wrapped(`${report}${scrub}exec "$@"`, site, 'sbatch', [...clusterOption(site), ...args]);
}

export function testOnlyCommand(site: SlurmSite, job: JobSubmission): string[] {
  const args = [...clusterOption(site), '--test-only', ...jobOptions(job), job.scriptPath];
  return wrapped(`${report}${scrub}${epochTimes}exec "$@"`, site, 'sbatch', args);
}

export function squeueByIdCommand(site: SlurmSite, jobIds: readonly string[]): string[] {
  return squeue(site, ['-t', 'all', '-o', squeueFormat, '-j', jobIds.map(checkedId).join(',')]);
}

/** `--me` needs Slurm 20.11. */
export function squeueByNameCommand(site: SlurmSite, name: string): string[] {
  return squeue(site, ['-t', 'all', '-o', squeueFormat, '--me', `--name=${checkedName(name)}`]);
}

export function squeueOfUserCommand(site: SlurmSite): string[] {
  return squeue(site, ['-o', squeueFormat, '--me']);
}

/** All jobs of this user, ended ones included for as long as the controller knows them; of a shared answer. */
export function sharedSqueueCommand(site: SlurmSite, queue: SharedQueue): string[] {
  const args = [...clusterOption(site), '-h', '-a', '-t', 'all', '-o', squeueFormat, '--me'];
  return wrapped(`${scrub}${epochTimes}${sharedQueueScript(queue)}`, site, 'squeue', args);
}

/** `-a`: a job in a hidden partition is listed too; without it the guard against a second submission is blind there. */
function squeue(site: SlurmSite, args: readonly string[]): string[] {
  return query(site, 'squeue', ['-h', '-a', ...args]);
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
  return query(site, 'scontrol', ['-a', '-o', 'show', 'job', checkedId(jobId)]);
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

/**
 * A step on the first node of a running job, beside what runs there; it takes no GPU. One SIGINT ends it. `--overlap` needs Slurm
 * 20.11; without MPI, because a plugin that the site sets may be missing where the step runs.
 */
export function srunStepCommand(site: SlurmSite, jobId: string, argv: readonly string[]): string[] {
  const job = [...clusterOption(site), `--jobid=${checkedId(jobId)}`];
  const place = [
    '--overlap',
    '--nodes=1',
    '--ntasks=1',
    '--relative=0',
    '--gres=none',
    '--cpu-bind=none',
    '--mpi=none',
  ];
  return wrapped(`${scrub}exec "$@"`, site, 'srun', [...job, ...place, '--quit-on-interrupt', '--quiet', ...argv]);
}

function jobOptions(job: JobSubmission): string[] {
  const limit = job.timeLimitMinutes;
  return [
    `--job-name=${checkedName(job.name)}`,
    `--chdir=${job.workDir}`,
    ...(limit === undefined ? [] : [`--time=${formatSlurmDuration(limit)}`]),
  ];
}

const epochTimes = 'export SLURM_TIME_FORMAT=%s\n';

/** Any of Slurm's commands that only asks, of the site's cluster. */
export function query(site: SlurmSite, program: string, args: readonly string[]): string[] {
  return plainQuery(site, program, [...clusterOption(site), ...args]);
}

/** As query, for what knows no cluster: `--version`, sacctmgr. */
export function plainQuery(site: SlurmSite, program: string, args: readonly string[]): string[] {
  return wrapped(`${scrub}${epochTimes}exec "$@"`, site, program, args);
}

function clusterOption({ cluster }: SlurmSite): string[] {
  return cluster === undefined ? [] : [`--clusters=${cluster}`];
}

function wrapped(script: string, site: SlurmSite, program: string, args: readonly string[]): string[] {
  const path = site.binDir === undefined ? program : `${site.binDir}/${program}`;
  return ['sh', '-c', script, 'sh', path, ...args];
}

function checkedId(jobId: string): string {
  if (/^\d+$/.test(jobId)) return jobId;
  throw schedulerError(
    'value_refused',
    `cannot ask for a job because its id is not a number: got ${shellJoin([jobId])}`,
  );
}

function checkedName(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) return name;
  throw schedulerError(
    'value_refused',
    `cannot use the job name ${JSON.stringify(name)} because it holds other characters`,
    {
      hint: 'Use letters, digits, ".", "_" and "-".',
    },
  );
}
