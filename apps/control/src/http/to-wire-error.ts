// Maps control's own errors to errors of the wire. The only place that does.

import { errorText, isCodedError, type Log } from '@fairlead/kit';
import type { WireErrorCode } from '@fairlead/protocol';

import type { ControlErrorCode } from '../control-error.ts';
import { RequestError } from '../domain/request-error.ts';
import { WireError } from './wire-error.ts';

/** A fault of control is logged here and answered as `internal`. */
export function toWireError(error: unknown, log: Log): WireError {
  return knownWireError(error) ?? internal(error, log);
}

/** Undefined for a fault of control. */
export function knownWireError(error: unknown): WireError | undefined {
  if (error instanceof WireError) return error;
  if (error instanceof RequestError) {
    const { code, message, hint, path } = error;
    return new WireError(code, message, { hint, ...(path === undefined ? {} : { path }) });
  }
  return storageError(error);
}

/** Failures of the disk, and records that it cannot hold. The registry has logged them. */
function storageError(error: unknown): WireError | undefined {
  if (!isCodedError(error)) return undefined;
  const code = isControlCode(error.code) ? controlErrors[error.code] : undefined;
  return code && new WireError(code, `cannot answer because control ${error.message}`, { hint: error.hint });
}

function isControlCode(code: string): code is ControlErrorCode {
  return Object.hasOwn(controlErrors, code);
}

/** Undefined: no request meets it, for control does not start then. */
const controlErrors: Record<ControlErrorCode, WireErrorCode | undefined> = {
  already_running: undefined,
  foreign_owner: undefined,
  not_initialised: undefined,
  record_refused: 'bad_request',
  run_dir_unsafe: undefined,
  socket_in_use: undefined,
  store_corrupt: 'storage_failed',
  store_failed: 'storage_failed',
  store_locked: undefined,
  store_newer: undefined,
  store_unreadable: 'state_unreadable',
  tokens_unreadable: 'state_unreadable',
};

function internal(error: unknown, log: Log): WireError {
  log.error({
    op: 'http',
    ok: false,
    error: errorText(error),
    stack: error instanceof Error ? error.stack : undefined,
  });
  return new WireError('internal', 'cannot answer because of a fault in control: its log says more');
}
