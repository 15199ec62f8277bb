// What Slurm itself says when sbatch fails (src/common/slurm_errno.c, src/sbatch/), sorted. Data; submit-error.ts judges by it.

import type { SchedulerErrorCode } from '../../scheduler-error.ts';

export type SubmitErrorKind =
  /** Nothing was submitted, and the same request fails again. */
  | 'never-retry'
  /** Nothing was submitted; the same request works when jobs of yours end. */
  | 'quota'
  /** Nothing was submitted; the same request works later, when the login host or the site lets it through. */
  | 'retry-later'
  /** The answer is missing: the job may exist. Look for it by name before submitting again. */
  | 'retry-after-lookup';

export type SubmitRule = [pattern: RegExp, kind: SubmitErrorKind, code: SchedulerErrorCode, hint: string];

export const commandHint =
  'Is this a login host of the cluster? Where the Slurm commands are not on the PATH of a plain ssh command, name their directory: slurm.binDir.';

/**
 * Looked for before anything else, in all that was printed: a login host whose munge is down sends nothing, though sbatch
 * ends with the same words as after an answer that was lost.
 */
export const localRules: readonly SubmitRule[] = [
  [
    /munge encode failed|failed to access .*munge|munged? .*(not running|is down)|If munged is up/i,
    'retry-later',
    'munge_down',
    'Nothing left the login host: its munge service, which signs every request to Slurm, does not run. Try another login host, or tell the site.',
  ],
  [
    /rate.?limit|too many (requests|queries|calls|RPCs)|throttl|too (often|frequent)|(once|one (query|call|request)) (per|every|in) \d+/i,
    'retry-later',
    'rate_limited',
    'The site limits how often its queue may be asked: set slurm.pollSeconds to what it allows.',
  ],
];

/** The first match counts. */
export const submitRules: readonly SubmitRule[] = [
  [
    /Socket timed out|Zero Bytes were transmitted|Message (receive|send) failure|Protocol authentication error|controller \((receive|shutdown) failure\)|Communication (connection|shutdown) failure/i,
    'retry-after-lookup',
    'answer_lost',
    'The controller is slow or restarting; the job may have been accepted.',
  ],
  [
    /Unable to contact slurm controller|backup controller in standby|Can't find an address, check slurm\.conf|Connection (refused|timed out)|No route to host/i,
    'retry-after-lookup',
    'slurm_unreachable',
    'Slurm does not answer on this login host. Try again later, or ask the site.',
  ],
  [
    /Unable to create job record, try again|Job can not be altered now, try again|Slurm temporarily unable to accept job/i,
    'retry-after-lookup',
    'slurm_unreachable',
    'The controller is full or starting. Try again later.',
  ],
  [
    /job submit limit|QOSMaxSubmitJob|AssocMaxSubmitJob|AssocGrpSubmitJobs|QOSGrpSubmitJobs|MaxSubmitJobsPerAccount|violates accounting\/QOS policy|Job limit exceeded/i,
    'quota',
    'quota_exceeded',
    'Your account or QOS takes no more like this: stop a job, ask for less (time, GPUs, nodes), or choose another QOS or account.',
  ],
  [
    /Invalid account|account\/partition combination|Unknown account/i,
    'never-retry',
    'account_invalid',
    'Set the account to one that sacctmgr -nP show assoc user=$USER format=account,partition,qos lists.',
  ],
  [
    /Invalid partition|invalid partition specified|No partition specified|not permitted to use this partition|Requested nodes not in this partition|Partition in DOWN state|partition configuration not available/i,
    'never-retry',
    'partition_invalid',
    'Set the partition to one that sinfo -o "%P %a %l %G" lists and you may use.',
  ],
  [
    /Invalid qos|QOS.*(not permitted|invalid)/i,
    'never-retry',
    'qos_invalid',
    'Set the QOS to one that sacctmgr -nP show assoc user=$USER format=account,partition,qos lists.',
  ],
  [
    /Invalid generic resource|Invalid Trackable RESource|Invalid gres|Invalid GRES|Invalid --gpus/i,
    'never-retry',
    'gres_invalid',
    'This cluster does not know these GPUs: see sinfo -o "%P %G", and set the GPU type and how to ask for it (gres, gpus-per-node, none).',
  ],
  [
    /time limit is invalid|Time limit specification required|Invalid --time|Requested time limit/i,
    'never-retry',
    'time_limit_invalid',
    'Set a time limit that the partition allows (sinfo -o "%P %l").',
  ],
  [
    /Memory (specification|required by task)|Invalid --mem|--mem.*mutually exclusive|mem-per-(cpu|gpu)/i,
    'never-retry',
    'memory_invalid',
    'Change the memory, or omit the directive: some sites want mem-per-cpu or mem-per-gpu, or none.',
  ],
  [
    /node configuration is not available|Node count specification invalid|More processors requested|Invalid node name|Job size specification|Task count specification/i,
    'never-retry',
    'node_config_unavailable',
    'No node or set of nodes has this much: compare GPUs, CPUs, memory and nodes with sinfo -o "%P %D %G %c %m".',
  ],
  [
    /Invalid feature|constraint/i,
    'never-retry',
    'constraint_invalid',
    'Set the constraint to features that sinfo -o "%P %f" lists.',
  ],
  [
    /(requested|invalid|unknown) reservation|reservation\b.*\b(invalid|denied|unknown|not|maintenance)\b/i,
    'never-retry',
    'reservation_invalid',
    'See scontrol show reservation; remove or correct it.',
  ],
  [
    /dependency/i,
    'never-retry',
    'dependency_invalid',
    'The job it depends on is unknown or the form is wrong (sbatch(1), --dependency).',
  ],
  [
    /(sbatch|srun).*(command )?not found|not found.*(sbatch|srun)|No such file or directory.*sbatch/i,
    'never-retry',
    'command_not_found',
    commandHint,
  ],
  [
    /lua:|cli_filter|job_submit|submit plugin|Unspecified error/i,
    'never-retry',
    'plugin_refused',
    "The site's own submit filter refused it: do as it says, with omitted, overridden or extra directives.",
  ],
  [
    /Access\/permission denied|Permission denied|System submissions disabled|Invalid user id/i,
    'never-retry',
    'permission_denied',
    'This account may not submit here. Ask the site.',
  ],
  [
    /unrecognized option|invalid option|Invalid --|option requires|ambiguous|Invalid argument|Bad argument/i,
    'never-retry',
    'option_invalid',
    'This Slurm does not take a directive: omit or override it for this cluster.',
  ],
  [
    /Unable to open file|does not look like a batch script|script is empty|script not specified|I\/O error writing script|Pathname .* too long|line breaks/i,
    'never-retry',
    'script_invalid',
    'The job script cannot be read on the login host: is its directory there, and is there space?',
  ],
];
