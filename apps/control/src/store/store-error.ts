// Turns SQLite's errors into coded errors with a hint.

import { CodedError, errorText } from '@fairlead/kit';
import { z } from 'zod';

import type { ControlErrorCode } from '../control-error.ts';

/** https://www.sqlite.org/rescode.html */
const sqliteError = 1;
const sqliteBusy = 5;
const sqliteIoerr = 10;
const sqliteCorrupt = 11;
const sqliteFull = 13;
const sqliteConstraint = 19;
const sqliteNotadb = 26;

/** `doing` as in "open" or "write to". Returns coded errors and faults of ours unchanged. */
export function storeError(error: unknown, doing: string, file: string): unknown {
  if (error instanceof CodedError) return error;
  if (error instanceof SyntaxError || error instanceof z.ZodError)
    return damagedError(file, `a record that cannot be read: ${errorText(error).slice(0, 200)}`, error);
  const { errcode, text } = findSqliteError(error);
  if (doing === 'read' && !wellRead.has(errcode & 0xff)) return unreadableError(file, text, error);
  const fail = (code: ControlErrorCode, why: string, hint: string) =>
    new CodedError(code, `cannot ${doing} ${file} because ${why}`, { hint, cause: error });
  // The low byte is the primary code.
  switch (errcode & 0xff) {
    case 0:
    case sqliteError:
    case sqliteConstraint:
      return error;
    case sqliteBusy:
      return fail('already_running', 'another process holds it', 'One control serves an account: use that one.');
    case sqliteCorrupt:
    case sqliteNotadb:
      return damagedError(file, text, error);
    case sqliteFull:
      return fail('store_failed', 'the disk is full', roomHint);
    // SQLite reports a used-up quota with this code too.
    case sqliteIoerr:
      return fail('store_failed', `the disk took no more: got ${text}`, roomHint);
    default:
      return fail('store_failed', text, roomHint);
  }
}

/** Codes that are no trouble of the disk: faults of this program, and damage, which has its own error code. */
const wellRead = new Set([0, sqliteError, sqliteConstraint, sqliteCorrupt, sqliteNotadb]);

/** Passing conditions: a home on a network, a ticket that has to be renewed. */
export function unreadableError(file: string, found: string, cause?: unknown): CodedError<ControlErrorCode> {
  return new CodedError('store_unreadable', `cannot read ${file}: got ${found}`, {
    hint: 'See that the home directory on the bastion is there and readable (mount, Kerberos ticket, quota); control tries again and goes on by itself.',
    retryable: true,
    cause,
  });
}

/** The error while control cannot read the disk to compare its memory with it. */
export function staleError(cause: unknown): CodedError<ControlErrorCode> {
  return new CodedError(
    'store_unreadable',
    `cannot change anything because its database could be neither written nor read: got ${errorText(cause)}`,
    {
      hint: 'See that the home directory on the bastion is there and readable (mount, Kerberos ticket, quota); control tries again and goes on by itself. Nothing was changed.',
      retryable: true,
      cause,
    },
  );
}

/** drizzle wraps what SQLite throws. */
function findSqliteError(error: unknown): { errcode: number; text: string } {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if ('errcode' in cause) return { errcode: Number(cause.errcode), text: errorText(cause) };
  return { errcode: 0, text: errorText(error) };
}

const roomHint =
  'Look at `df` and `quota` on the bastion and make room in the home directory; control goes on by itself. Nothing was changed.';

/** The error when a program that is not control holds the database. */
export function lockedError(file: string, cause: unknown): CodedError<ControlErrorCode> {
  return new CodedError(
    'store_locked',
    `cannot open ${file} because another program holds it, and no control answers`,
    {
      hint: `A backup or an sqlite3 shell may have it open: \`fuser -v ${file}\` names it. End it; control starts at the next connection.`,
      retryable: true,
      cause,
    },
  );
}

export function damagedError(file: string, found: string, cause?: unknown): CodedError<ControlErrorCode> {
  return corruptError(file, `it is damaged: got ${found}`, cause);
}

export function corruptError(file: string, why: string, cause?: unknown): CodedError<ControlErrorCode> {
  return new CodedError('store_corrupt', `cannot use ${file} because ${why}`, {
    hint: `Restore it from a backup, or move it, ${file}-wal and owner.json beside it away to begin with no deployments: running jobs then have to be ended with scancel. Nothing was changed.`,
    cause,
  });
}

export function newerError(file: string, found: number, known: number): CodedError<ControlErrorCode> {
  return new CodedError(
    'store_newer',
    `cannot use ${file} because a newer control has written it: got schema ${found}, know up to ${known}`,
    {
      hint: `Run \`fairlead upgrade\` with the newest Fairlead, which puts a newer control here. To go back instead, put ${file}.schema-${known}.backup in its place: what came later is lost. Nothing was changed.`,
    },
  );
}
