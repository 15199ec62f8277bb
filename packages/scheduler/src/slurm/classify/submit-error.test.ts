import { describe, expect, test } from 'vitest';
import { classifySubmitError } from './submit-error.ts';
import type { SubmitErrorKind } from './submit-rules.ts';
import type { SchedulerErrorCode } from '../../scheduler-error.ts';

const failed = 'sbatch: error: Batch job submission failed: ';

const policy = `${failed}Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)`;
const unspecified = `${failed}Unspecified error`;

/** As a site prints it around every job: the refusal is the line that says FAILED, and what follows. */
const framed = (...checks: string[]) => `
-----------------------------------------------------------------
          Welcome to the Machine3 Supercomputer
-----------------------------------------------------------------

No reservation for this job
--> Verifying valid submit host (login1)...OK
--> Verifying valid jobname...OK
--> Enforcing max jobs per user...OK
${checks.join('\n')}
-----------------------------------------------------------------
`;

describe('classifySubmitError', () => {
  test.each<[string, SubmitErrorKind, SchedulerErrorCode]>([
    [`${failed}Invalid account or account/partition combination specified`, 'never-retry', 'account_invalid'],
    [
      `sbatch: error: invalid partition specified: nope\n${failed}Invalid partition name specified`,
      'never-retry',
      'partition_invalid',
    ],
    [`${failed}User's group not permitted to use this partition`, 'never-retry', 'partition_invalid'],
    [`${failed}Invalid qos specification`, 'never-retry', 'qos_invalid'],
    ['sbatch: error: Invalid generic resource (gres) specification', 'never-retry', 'gres_invalid'],
    [`${failed}Requested time limit is invalid (missing or exceeds some limit)`, 'never-retry', 'time_limit_invalid'],
    [`${failed}Time limit specification required, but not provided`, 'never-retry', 'time_limit_invalid'],
    ['sbatch: error: Invalid --time specification', 'never-retry', 'time_limit_invalid'],
    [`${failed}Requested node configuration is not available`, 'never-retry', 'node_config_unavailable'],
    ['allocation failure: Requested node configuration is not available', 'never-retry', 'node_config_unavailable'],
    [`${failed}Node count specification invalid`, 'never-retry', 'node_config_unavailable'],
    [`${failed}Invalid node name specified`, 'never-retry', 'node_config_unavailable'],
    [`${failed}Memory required by task is not available`, 'never-retry', 'memory_invalid'],
    [`${failed}Invalid feature specification`, 'never-retry', 'constraint_invalid'],
    [`${failed}Requested reservation is invalid`, 'never-retry', 'reservation_invalid'],
    [`${failed}Job dependency problem`, 'never-retry', 'dependency_invalid'],
    [`${failed}Access/permission denied`, 'never-retry', 'permission_denied'],
    [`sbatch: error: lua: please name a project\n${failed}Unspecified error`, 'never-retry', 'plugin_refused'],
    ['sbatch: error: cli_filter plugin terminated with error', 'never-retry', 'plugin_refused'],
    [
      'sbatch: unrecognized option \'--bad\'\nTry "sbatch --help" for more information',
      'never-retry',
      'option_invalid',
    ],
    ['sbatch: error: Invalid --signal specification', 'never-retry', 'option_invalid'],
    ['sbatch: error: Unable to open file nofile.sh', 'never-retry', 'script_invalid'],
    ['sbatch: error: This does not look like a batch script.  The first', 'never-retry', 'script_invalid'],
    ['sh: 1: exec: sbatch: not found', 'never-retry', 'command_not_found'],
    ['bash: line 1: sbatch: command not found', 'never-retry', 'command_not_found'],
    [`${failed}Something new in Slurm 31`, 'never-retry', 'submit_refused'],
    [
      `sbatch: error: QOSMaxSubmitJobPerUserLimit\n${failed}Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)`,
      'quota',
      'quota_exceeded',
    ],
    [`sbatch: error: AssocMaxSubmitJobLimit\n${failed}Job violates accounting/QOS policy`, 'quota', 'quota_exceeded'],
    ['sbatch: error: QOSMinNode\n' + policy, 'never-retry', 'policy_refused'],
    ['sbatch: error: QOSMaxWallDurationPerJobLimit\n' + policy, 'never-retry', 'time_limit_invalid'],
    ['sbatch: error: QOSMaxGRESPerUser\n' + policy, 'quota', 'quota_exceeded'],
    [
      'sbatch: error: Max time limit of 24 hours exceeded for this queue\n' + policy,
      'never-retry',
      'time_limit_invalid',
    ],
    ['sbatch: error: Jobs may run for 24:00:00 at most here\n' + policy, 'never-retry', 'time_limit_invalid'],
    ['sbatch: error: You may run 2 jobs at a time: job limit reached\n' + policy, 'quota', 'quota_exceeded'],
    [policy, 'quota', 'quota_exceeded'],
    ['sbatch: error: GPU jobs must use a _gpu account\n' + unspecified, 'never-retry', 'account_invalid'],
    [
      'sbatch: error: Cannot find GPU specification, you may not submit a job not requesting GPUs in a non-CPU partition\n' +
        unspecified,
      'never-retry',
      'gres_invalid',
    ],
    [`${failed}Unknown error 9110`, 'never-retry', 'submit_refused'],
    [
      'sbatch: error: Munge encode failed: Failed to access "/run/munge/munge.socket.2": No such file or directory\nsbatch: error: slurm_send_node_msg: auth_g_create: REQUEST_SUBMIT_BATCH_JOB has authentication error\n' +
        failed +
        'Protocol authentication error',
      'retry-later',
      'munge_down',
    ],
    [`${failed}Protocol authentication error`, 'retry-after-lookup', 'answer_lost'],
    ['squeue: rate limited: one query per 120 s', 'retry-later', 'rate_limited'],
    [`${failed}Unable to contact slurm controller (connect failure)`, 'retry-after-lookup', 'slurm_unreachable'],
    [`${failed}Unable to create job record, try again`, 'retry-after-lookup', 'slurm_unreachable'],
    [`${failed}Socket timed out on send/recv operation`, 'retry-after-lookup', 'answer_lost'],
    [`${failed}Unable to contact slurm controller (receive failure)`, 'retry-after-lookup', 'answer_lost'],
    [`${failed}Zero Bytes were transmitted or received`, 'retry-after-lookup', 'answer_lost'],
  ])('%s', (stderr, kind, code) => {
    const found = classifySubmitError({ code: 1, stdout: '', stderr });
    expect({ kind: found.kind, code: found.code }).toEqual({ kind, code });
    expect(found.hint).not.toBe('');
  });

  test("gives Slurm's own words, without its prefix and the chatter", () => {
    const stderr = `lua: welcome\nsbatch: error: invalid partition specified: nope\n${failed}Invalid partition name specified\n`;
    expect(classifySubmitError({ code: 1, stdout: '', stderr }).message).toBe(
      'invalid partition specified: nope; Batch job submission failed: Invalid partition name specified',
    );
  });

  test.each<[string[], SubmitErrorKind, SchedulerErrorCode]>([
    [
      [
        '--> Verifying job request is within current queue limits...FAILED',
        '',
        '    [*] Too many simultaneous jobs in queue.',
        '        --> Max job limits for alice =  50 jobs',
      ],
      'quota',
      'quota_exceeded',
    ],
    [
      [
        '--> Verifying job request is within current queue limits...FAILED',
        '    [*] Maximum run time for this queue is 48:00:00',
      ],
      'never-retry',
      'time_limit_invalid',
    ],
    [
      ['--> Checking available allocation (TG-ABC123)...FAILED', '', 'ERROR: the project has expired'],
      'never-retry',
      'account_invalid',
    ],
    [
      ['--> Verifying that quota for filesystem /home1/alice is not exceeded...FAILED'],
      'never-retry',
      'plugin_refused',
    ],
    [
      ['--> Verifying access to desired queue (gpu)...FAILED', 'ERROR: No queue limits available for this queue (gpu)'],
      'never-retry',
      'partition_invalid',
    ],
  ])('reads the line that refuses inside a frame: %j', (checks, kind, code) => {
    const found = classifySubmitError({ code: 1, stdout: framed(...checks), stderr: '' });
    expect({ kind: found.kind, code: found.code }).toEqual({ kind, code });
    expect(found.message).toBe(
      checks
        .map((line) => line.trim())
        .filter((line) => line !== '')
        .join('; '),
    );
  });

  test("names the setting for a variable of the user's shell, where the refusal may be about it", () => {
    const stderr = `fairlead: unset SBATCH_ACCOUNT=chem-7\n${failed}Invalid account or account/partition combination specified`;
    const found = classifySubmitError({ code: 1, stdout: '', stderr });
    expect(found.hint).toMatch(
      /^Your shell sets SBATCH_ACCOUNT=chem-7, which Fairlead does not use: set slurm\.account/,
    );
    expect(found.message).not.toContain('chem-7');
    const other = classifySubmitError({
      code: 1,
      stdout: '',
      stderr: stderr.replace(/Invalid account.*/, 'Invalid feature specification'),
    });
    expect(other.hint).not.toContain('chem-7');
  });

  test("gives the filter's sentence before the verdict, also where it names no error", () => {
    const stderr = `sbatch: Please tell us how many GPUs you need\n${unspecified}`;
    expect(classifySubmitError({ code: 1, stdout: '', stderr }).message).toBe(
      'Please tell us how many GPUs you need; Batch job submission failed: Unspecified error',
    );
  });

  test.each([
    { code: null, stdout: '', stderr: '' },
    { code: 1, stdout: '', stderr: 'whatever', timedOut: true },
  ])('takes a command without an answer for a job that may exist', (outcome) =>
    expect(classifySubmitError(outcome)).toMatchObject({ kind: 'retry-after-lookup', code: 'answer_lost' }),
  );

  test('takes code 127 for a missing sbatch', () =>
    expect(classifySubmitError({ code: 127, stdout: '', stderr: '' }).code).toBe('command_not_found'));
});
