// Opens control.db for this process alone, checks it and brings its schema up to date. Never replaces a file it cannot read.

import { DatabaseSync } from 'node:sqlite';

import { CodedError, errorText } from '@fairlead/kit';

import type { ControlErrorCode } from '../control-error.ts';
import MIGRATIONS from './migrations.json' with { type: 'json' };
import { createSqliteSession, type SqliteSession } from './sqlite-session.ts';

/** https://www.sqlite.org/rescode.html */
const SQLITE_BUSY = 5;
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

export interface OpenDatabase extends SqliteSession {
  connection: DatabaseSync;
}

/** Throws `already_running`, `store_corrupt`, `store_newer` or `store_failed`. The caller closes the connection. */
export function openDatabase(file: string): OpenDatabase {
  const connection = connect(file);
  try {
    claim(connection);
    check(connection, file);
    const session = createSqliteSession(connection);
    session.migrate(MIGRATIONS);
    return { ...session, connection };
  } catch (error) {
    connection.close();
    throw explain(error, file);
  }
}

function connect(file: string): DatabaseSync {
  try {
    return new DatabaseSync(file, { timeout: 0, enableForeignKeyConstraints: true });
  } catch (error) {
    throw explain(error, file);
  }
}

/** In exclusive mode the first write lock is kept until the connection closes, and WAL needs no shared memory. */
function claim(connection: DatabaseSync): void {
  connection.exec('PRAGMA locking_mode=EXCLUSIVE');
  connection.exec('BEGIN EXCLUSIVE; COMMIT');
  connection.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL');
  connection.exec('BEGIN EXCLUSIVE; COMMIT');
}

function check(connection: DatabaseSync, file: string): void {
  const found = connection.prepare('PRAGMA quick_check(1)').all()[0]?.['quick_check'];
  if (found !== 'ok') throw corrupt(file, String(found));
  const known = Math.max(...MIGRATIONS.map((migration) => migration.folderMillis));
  const table = connection.prepare("SELECT 1 FROM sqlite_master WHERE name = '__drizzle_migrations'").all();
  if (table.length === 0) return;
  const last = connection.prepare('SELECT max(created_at) AS last FROM __drizzle_migrations').all()[0]?.['last'];
  if (Number(last ?? 0) > known) throw newer(file);
}

function explain(error: unknown, file: string): unknown {
  if (error instanceof CodedError) return error;
  const errcode = typeof error === 'object' && error !== null && 'errcode' in error ? Number(error.errcode) : 0;
  // The low byte is the primary code.
  switch (errcode & 0xff) {
    case SQLITE_BUSY:
      return new CodedError<ControlErrorCode>(
        'already_running',
        `cannot open ${file} because another process holds it`,
        {
          cause: error,
        },
      );
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return corrupt(file, errorText(error), error);
    default:
      return new CodedError<ControlErrorCode>('store_failed', `cannot open ${file}: ${errorText(error)}`, {
        hint: 'See whether the directory is writable and the disk has space.',
        cause: error,
      });
  }
}

function corrupt(file: string, found: string, cause?: unknown): CodedError<ControlErrorCode> {
  return new CodedError('store_corrupt', `cannot use ${file} because it is damaged: got ${found}`, {
    hint: `Restore it from a backup, or move it and ${file}-wal away to begin with no deployments: running jobs then have to be ended with scancel. Nothing was changed.`,
    cause,
  });
}

function newer(file: string): CodedError<ControlErrorCode> {
  return new CodedError('store_newer', `cannot use ${file} because a newer control has written it`, {
    hint: 'Run `fairlead init` with the newest Fairlead, which puts a newer control here. Nothing was changed.',
  });
}
