// Control's own errors as those of the wire, where a caller can meet them.

import { isCodedError } from '@fairlead/kit';
import type { WireErrorCode } from '@fairlead/protocol';

import type { ControlErrorCode } from '../control-error.ts';
import { WireError } from './wire-error.ts';

/** Failures of the disk, and records that it cannot hold. The directory has logged them. */
export function storageError(error: unknown): WireError | undefined {
  if (!isCodedError(error)) return undefined;
  const code = STORAGE_ERRORS[error.code as ControlErrorCode];
  return code && new WireError(code, `cannot answer because control ${error.message}`, { hint: error.hint });
}

const STORAGE_ERRORS: Partial<Record<ControlErrorCode, WireErrorCode>> = {
  store_failed: 'storage_failed',
  store_corrupt: 'storage_failed',
  store_unreadable: 'state_unreadable',
  tokens_unreadable: 'state_unreadable',
  record_refused: 'bad_request',
};
