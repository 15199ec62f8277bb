// Python's words for an address that cannot be bound.

import { isCodedError } from '@fairlead/kit';
import { bindFailureLines } from '../log/failure-lines.ts';
import type { LogLine } from '../log/log-line.ts';
import type { SimErrorCode } from '../server/sim-error.ts';

const texts: Partial<Record<SimErrorCode, string>> = {
  'sim.address_in_use': 'OSError: [Errno 98] Address already in use',
  'sim.address_too_long': 'OSError: AF_UNIX path too long',
  'sim.address_denied': 'PermissionError: [Errno 13] Permission denied',
  'sim.address_missing': 'FileNotFoundError: [Errno 2] No such file or directory',
};

/** Undefined when the error is of another kind. */
export function bindFailure(error: unknown): LogLine[] | undefined {
  if (!isCodedError<SimErrorCode>(error)) return undefined;
  const text = texts[error.code];
  return text === undefined ? undefined : bindFailureLines(text);
}
