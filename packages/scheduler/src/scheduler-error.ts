// The closed list of what can go wrong in this package, and the one way to make such an error.

import { CodedError, type CodedErrorOptions } from '@fairlead/kit';

export const schedulerErrorCodes = [
  'value_refused',
  'secret_in_script',
  'command_not_found',
  'account_invalid',
  'partition_invalid',
  'qos_invalid',
  'gres_invalid',
  'time_limit_invalid',
  'node_config_unavailable',
  'constraint_invalid',
  'reservation_invalid',
  'dependency_invalid',
  'memory_invalid',
  'permission_denied',
  'plugin_refused',
  'option_invalid',
  'script_invalid',
  'submit_refused',
  'quota_exceeded',
  'policy_refused',
  'munge_down',
  'rate_limited',
  'output_too_large',
  'slurm_unreachable',
  'answer_lost',
  'submit_uncertain',
  'output_unreadable',
  'command_failed',
  'gpus_busy',
  'runner_failed',
  'job_elsewhere',
] as const;

export type SchedulerErrorCode = (typeof schedulerErrorCodes)[number];

export function schedulerError(
  code: SchedulerErrorCode,
  message: string,
  options?: CodedErrorOptions,
): CodedError<SchedulerErrorCode> {
  return new CodedError(code, message, options);
}
