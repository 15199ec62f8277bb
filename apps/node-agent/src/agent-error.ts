// The closed list of what can go wrong in the agent, and the one way to make such an error.

import { offerErrorCodes } from '@fairlead/carrier/errors';
import { engineBuildErrorCodes } from '@fairlead/engines/builds';
import { CodedError, type CodedErrorOptions } from '@fairlead/kit';

export const agentErrorCodes = [
  'usage',
  'spec_unreadable',
  'spec_exposed',
  'spec_invalid',
  'spec_version',
  'scratch_unusable',
  'token_file_unreadable',
  'token_file_exposed',
  'prologue_failed',
  'gpu_unfit',
  'nodes_unknown',
  'nodes_unreachable',
  'rank_taken',
  'companion_ports_taken',
  'engine_spawn_failed',
  ...engineBuildErrorCodes,
  'engine_unreachable',
  'engine_refused',
  ...offerErrorCodes,
  'control_untrusted',
  'control_unproven',
  'log_unreadable',
] as const;

export type AgentErrorCode = (typeof agentErrorCodes)[number];

export function agentError(
  code: AgentErrorCode,
  message: string,
  options?: CodedErrorOptions,
): CodedError<AgentErrorCode> {
  return new CodedError(code, message, options);
}
