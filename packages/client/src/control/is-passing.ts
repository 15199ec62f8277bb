// Whether a later try to reach bastion or control can succeed without a person.

import { CodedError, errnoOf } from '@fairlead/kit';
import type { SshErrorCode } from '@fairlead/ssh';

/** For a connection that has worked before. The error's `retryable` decides; an error without any code is a fault of ours. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof CodedError)) return errnoOf(error) !== undefined;
  // Each of several routes has failed: one may come back, also where the others stay wrong.
  if (error.cause instanceof AggregateError) return error.cause.errors.some(isPassing);
  // The name was known before: this machine has left its network or VPN.
  return error.retryable || error.code === ('dns' satisfies SshErrorCode);
}
