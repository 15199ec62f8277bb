// The closed list of this package's error codes, and the one function that makes such an error.

import { CodedError, type CodedErrorOptions } from '@fairlead/kit';

export const sshErrorCodes = [
  'dns',
  'refused',
  'unreachable',
  'no_route',
  'timeout',
  'ssh_config_invalid',
  'host_key_unknown',
  'host_key_changed',
  'host_key_revoked',
  'auth_failed',
  'passphrase_needed',
  'agent_unavailable',
  'key_unreadable',
  'connection_lost',
  'protocol',
  'forward_forbidden',
  'socket_exists',
  'socket_path_too_long',
  'dial_refused',
  'remote_command_failed',
  'output_too_large',
  'gate_failed',
  'upload_failed',
  'authorized_keys_locked',
  'authorized_keys_not_writable',
  'authorized_keys_changed',
  'authorized_keys_not_restored',
  'job_key_refused',
  'sshd_failed',
  'ssh_unusable',
] as const;

export type SshErrorCode = (typeof sshErrorCodes)[number];

export function sshError(code: SshErrorCode, message: string, options?: CodedErrorOptions): CodedError<SshErrorCode> {
  return new CodedError(code, message, options);
}
