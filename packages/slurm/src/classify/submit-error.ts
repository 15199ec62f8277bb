// Sorts what a failed sbatch says (src/common/slurm_errno.c, src/sbatch/) by whether trying again can help, and whether
// the job may exist all the same. Does not try anything.

import type { SlurmErrorCode } from '../slurm-error.ts';

export interface SubmitError {
  kind: SubmitErrorKind;
  code: SlurmErrorCode;
  /** In Slurm's own words. */
  message: string;
  /** What to change. */
  hint: string;
}

export type SubmitErrorKind =
  /** Nothing was submitted, and the same request fails again. */
  | 'never-retry'
  /** Nothing was submitted; the same request works when jobs of yours end. */
  | 'quota'
  /** The answer is missing: the job may exist. Look for it by name before submitting again. */
  | 'retry-after-lookup';

export interface CommandOutcome {
  code: number | null;
  stdout: string;
  stderr: string;
  timedOut?: boolean;
}

type Rule = [pattern: RegExp, kind: SubmitErrorKind, code: SlurmErrorCode, hint: string];

const COMMAND_HINT =
  'Is this a login host of the cluster? Where the Slurm commands are not on the PATH of a plain ssh command, name their directory: slurm.binDir.';

const rules: Rule[] = [
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
  [/reservation/i, 'never-retry', 'reservation_invalid', 'See scontrol show reservation; remove or correct it.'],
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
    COMMAND_HINT,
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

export function classifySubmitError({ code, stdout, stderr, timedOut }: CommandOutcome): SubmitError {
  const text = [...stderr.split('\n'), ...stdout.split('\n')].map((line) => line.trim()).filter((line) => line !== '');
  const message = slurmWords(text);
  if (timedOut || code === null) {
    const hint = 'The job may have been accepted: look for it by name.';
    return { kind: 'retry-after-lookup', code: 'answer_lost', message: message || 'sbatch gave no answer', hint };
  }
  // "Batch job submission failed" is Slurm's verdict; lines before it are details that may match less exactly.
  const verdicts = text.filter((line) => /submission failed|allocation failure/.test(line));
  for (const candidates of [verdicts, text]) {
    const joined = candidates.join('\n');
    const rule = rules.find(([pattern]) => pattern.test(joined));
    if (rule) return { kind: rule[1], code: rule[2], message, hint: rule[3] };
  }
  if (code === 127) {
    const hint = COMMAND_HINT;
    return { kind: 'never-retry', code: 'command_not_found', message: message || 'sbatch: command not found', hint };
  }
  const hint = 'Do as Slurm says; directives can be omitted, overridden or extended for each cluster.';
  return { kind: 'never-retry', code: 'submit_refused', message: message || `sbatch ended with code ${code}`, hint };
}

function slurmWords(lines: readonly string[]): string {
  const errors = lines.filter((line) => /error|fatal|failure|not found|unrecognized/i.test(line));
  return (errors.length > 0 ? errors : lines)
    .map((line) => line.replace(/^(sbatch|salloc|srun): (error: |fatal: )?/, ''))
    .join('; ')
    .slice(0, 1000);
}
