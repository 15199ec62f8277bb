// Codes of the scheduler: Slurm's refusals, and failures to reach Slurm.

import type { SchedulerErrorCode } from '@fairlead/scheduler';
import type { ErrorBook } from './error-entry.ts';

const seeAssociations = '`sacctmgr -nP show assoc user=$USER format=account,partition,qos` lists yours.';

export const slurmErrors: ErrorBook<SchedulerErrorCode> = {
  value_refused: {
    cause: 'A setting has a value that a job script cannot hold.',
    cure: 'Change the setting that the message names.',
  },
  secret_in_script: {
    cause: 'A variable looks like a secret, and others can read job scripts in Slurm.',
    cure: 'Put it into a 0600 file on the cluster and name the file.',
  },
  command_not_found: {
    cause: '`sbatch` is not on the PATH.',
    cure: 'Check that this is a login host of the cluster, and that the Slurm commands are on the PATH of a shell without a terminal.',
  },
  account_invalid: { cause: 'Slurm refuses the account.', cure: `Set \`slurm.account\`; ${seeAssociations}` },
  partition_invalid: {
    cause: 'Slurm refuses the partition.',
    cure: 'Set `slurm.partition` to one that `sinfo -o "%P %a %l %G"` lists.',
  },
  qos_invalid: { cause: 'Slurm refuses the QOS.', cure: `Set \`slurm.qos\`; ${seeAssociations}` },
  gres_invalid: {
    cause: 'Slurm does not know these GPUs.',
    cure: 'Set `gpu.type` and `gpu.request` to what `sinfo -o "%P %G"` lists.',
  },
  time_limit_invalid: {
    cause: "The time limit is longer than the partition's.",
    cure: 'Ask for less: `--time`; `sinfo -o "%P %l"` shows the limits.',
  },
  node_config_unavailable: {
    cause: 'No node has these resources.',
    cure: 'Compare GPUs, CPUs and memory with `sinfo -o "%P %D %G %c %m"`.',
  },
  constraint_invalid: {
    cause: 'No node has these features.',
    cure: 'Set `slurm.constraint` to features that `sinfo -o "%P %f"` lists.',
  },
  reservation_invalid: { cause: 'The reservation is unknown or not yours.', cure: 'See `scontrol show reservation`.' },
  dependency_invalid: { cause: 'The job depends on a job that does not exist.', cure: 'Correct `slurm.extra`.' },
  memory_invalid: {
    cause: 'Slurm refuses the memory request.',
    cure: 'Change `slurm.mem`, or leave it out with `slurm.omit: [mem]`.',
  },
  permission_denied: { cause: 'This account may not submit here.', cure: 'Ask the site.' },
  plugin_refused: {
    cause: "The site's own submit filter refused the job.",
    cure: 'Follow its message, with `slurm.omit`, `slurm.override` or `slurm.extra`.',
  },
  option_invalid: {
    cause: 'This Slurm does not know a directive.',
    cure: 'Leave it out with `slurm.omit`, or change it with `slurm.override`.',
  },
  script_invalid: {
    cause: 'Slurm could not read the job script.',
    cure: 'Check that `paths.state` exists on the login host and has room.',
  },
  submit_refused: {
    cause: 'Slurm refused the job with a message that Fairlead does not know.',
    cure: 'Do as they say.',
  },
  quota_exceeded: {
    cause: 'Your account or QOS is at its limit for such jobs.',
    cure: 'Stop a job, ask for less, or choose another QOS or account.',
  },
  policy_refused: {
    cause: 'Your account or QOS never allows such a job; waiting does not help.',
    cure: 'Ask for what it allows, or choose another QOS or account.',
  },
  munge_down: {
    cause: 'The munge service of the login host does not run: nothing was sent to Slurm.',
    cure: 'Try another login host, or tell the site.',
  },
  rate_limited: {
    cause: 'The site limits how often its queue may be queried.',
    cure: 'Set `slurm.pollSeconds` to what the site allows.',
  },
  output_too_large: {
    cause: 'A Slurm command printed more than 32 MB.',
    cure: 'Run the command of the message on the login host: a wrapper or a start-up file prints without end.',
  },
  slurm_unreachable: { cause: 'The controller does not answer.', cure: 'Try again later, or ask the site.' },
  answer_lost: {
    cause: "sbatch's answer was lost: the job may exist, and Fairlead looks for it by its name.",
    cure: 'Nothing, unless a later message says otherwise.',
  },
  submit_uncertain: {
    cause: 'Fairlead could not find out whether Slurm accepted the job.',
    cure: 'Run `squeue --me` when Slurm answers again. Deploying again finds a job of this name.',
  },
  output_unreadable: { cause: 'A Slurm command printed unexpected output.', cure: 'Report it with the message.' },
  command_failed: { cause: 'A Slurm command failed; its words are in the message.', cure: 'Do as they say.' },
  gpus_busy: { cause: 'This machine has fewer free GPUs than requested.', cure: 'Stop a job, or ask for fewer.' },
  runner_failed: { cause: 'A local job could not be started.', cure: 'Follow the message.' },
  job_elsewhere: {
    cause: 'A local job runs on another machine that shares the directory of jobs.',
    cure: 'Run the command on that machine.',
  },
};
