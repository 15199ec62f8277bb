// Opens control.db for this process alone, checks it and brings its schema up to date. Never replaces a file it cannot read.

import { chmodSync, closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

import MIGRATIONS from './migrations.json' with { type: 'json' };
import { createSqliteSession, type SqliteSession } from '@fairlead/sqlite';
import { corruptError, damagedError, newerError, storeError } from './store-error.ts';

export interface OpenDatabase extends SqliteSession {
  connection: DatabaseSync;
}

/** How many migrations this code knows: the number of its schema. */
export const schemaVersion = MIGRATIONS.length;

export interface OpenOptions {
  /** A control has served from here before: an empty or missing file is a lost one. */
  servedBefore?: boolean;
}

/** Throws `already_running`, `store_corrupt`, `store_newer` or `store_failed`. The caller closes the connection. */
export function openDatabase(file: string, { servedBefore = false }: OpenOptions = {}): OpenDatabase {
  if (servedBefore && !existsSync(file)) throw corruptError(file, 'it is gone, though a control has served here');
  const connection = connect(file);
  try {
    claim(connection);
    const found = check(connection, file);
    if (servedBefore && found === 0) throw corruptError(file, 'it is empty, though a control has served here');
    if (found > 0 && found < schemaVersion) backUp(connection, `${file}.schema-${found}.backup`);
    const session = createSqliteSession(connection);
    session.migrate(MIGRATIONS);
    shrinkFromNowOn(connection);
    if (found < schemaVersion) checkpoint(connection);
    return { ...session, connection };
  } catch (error) {
    connection.close();
    throw storeError(error, 'open', file);
  }
}

function connect(file: string): DatabaseSync {
  try {
    return new DatabaseSync(file, { timeout: 0, enableForeignKeyConstraints: true });
  } catch (error) {
    throw storeError(error, 'open', file);
  }
}

/** In exclusive mode the first write lock is kept until the connection closes, and WAL needs no shared memory. */
function claim(connection: DatabaseSync): void {
  // The setting has an effect only before the first page exists. Later it would write to the file.
  if (connection.prepare('PRAGMA page_count').get()?.['page_count'] === 0)
    connection.exec('PRAGMA auto_vacuum=INCREMENTAL');
  connection.exec('PRAGMA locking_mode=EXCLUSIVE');
  connection.exec('BEGIN EXCLUSIVE; COMMIT');
  connection.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL');
  connection.exec('BEGIN EXCLUSIVE; COMMIT');
}

/** https://www.sqlite.org/pragma.html#pragma_auto_vacuum */
const incremental = 2;

/** A file of an older control does not shrink when records are removed: it is rewritten once. The caller has backed it up. */
function shrinkFromNowOn(connection: DatabaseSync): void {
  if (connection.prepare('PRAGMA auto_vacuum').get()?.['auto_vacuum'] === incremental) return;
  connection.exec('PRAGMA auto_vacuum=INCREMENTAL; VACUUM');
}

/** Returns the space of removed records to the disk, and moves the write-ahead log into the file. */
export function settle(connection: DatabaseSync): void {
  connection.exec('PRAGMA incremental_vacuum');
  checkpoint(connection);
}

/** Moves the write-ahead log into the file, so that a copy of the file alone is nearly complete. */
function checkpoint(connection: DatabaseSync): void {
  connection.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all();
}

/** The schema's number; 0 of an empty file. */
function check(connection: DatabaseSync, file: string): number {
  const found = connection.prepare('PRAGMA quick_check(1)').all()[0]?.['quick_check'];
  if (found !== 'ok') throw damagedError(file, String(found).replaceAll(/\s+/g, ' '));
  const table = connection.prepare("SELECT 1 FROM sqlite_master WHERE name = '__drizzle_migrations'").all();
  if (table.length === 0) return 0;
  const row = connection.prepare('SELECT max(created_at) AS last, count(*) AS n FROM __drizzle_migrations').all()[0];
  const last = Number(row?.['last'] ?? 0);
  if (last > MIGRATIONS.at(-1)!.folderMillis) throw newerError(file, Number(row?.['n']), schemaVersion);
  return MIGRATIONS.filter(({ folderMillis }) => folderMillis <= last).length;
}

/** The backup is complete and on disk before a migration begins. It replaces an earlier backup of the same schema. */
function backUp(connection: DatabaseSync, path: string): void {
  const fresh = `${path}.new`;
  rmSync(fresh, { force: true });
  try {
    connection.prepare('VACUUM INTO ?').run(fresh);
    chmodSync(fresh, 0o600);
    const descriptor = openSync(fresh, 'r+');
    fsyncSync(descriptor);
    closeSync(descriptor);
    renameSync(fresh, path);
  } finally {
    rmSync(fresh, { force: true });
  }
}
