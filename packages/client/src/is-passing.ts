// Whether a failure to reach bastion or control may pass by itself, so that trying again without a person makes sense.

import { CodedError } from '@fairlead/kit';

/** A server counts refused logins and may shut out who goes on; another host key or certificate is never retried. */
const NEEDS_A_PERSON = new Set([
  'auth_failed',
  'passphrase_needed',
  'key_unreadable',
  'ssh_config_invalid',
  'host_key_unknown',
  'host_key_changed',
  'host_key_revoked',
  'bastion_moved',
  'control_untrusted',
  'connection_closed',
]);

export function isPassing(error: unknown): boolean {
  if (!(error instanceof CodedError)) return true;
  if (error.code === 'control_answer') return error.retryable;
  // One of several routes may come back, also where the others stay wrong.
  if (error.code === 'no_route' && error.cause instanceof AggregateError) return error.cause.errors.some(isPassing);
  return !NEEDS_A_PERSON.has(error.code);
}
