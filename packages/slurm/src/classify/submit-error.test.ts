import { describe, expect, test } from 'vitest';
import { classifySubmitError, type SubmitErrorKind } from './submit-error.ts';
import type { SlurmErrorCode } from '../slurm-error.ts';

const failed = 'sbatch: error: Batch job submission failed: ';

describe('classifySubmitError', () => {
  test.each<[string, SubmitErrorKind, SlurmErrorCode]>([
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

  test.each([
    { code: null, stdout: '', stderr: '' },
    { code: 1, stdout: '', stderr: 'whatever', timedOut: true },
  ])('takes a command without an answer for a job that may exist', (outcome) =>
    expect(classifySubmitError(outcome)).toMatchObject({ kind: 'retry-after-lookup', code: 'answer_lost' }),
  );

  test('takes code 127 for a missing sbatch', () =>
    expect(classifySubmitError({ code: 127, stdout: '', stderr: '' }).code).toBe('command_not_found'));
});
