// drizzle over the runtime's own SQLite: its synchronous better-sqlite3 session, fed by an adapter for `node:sqlite`.
// Two traps closed here: `stmt.get()` hides errors at commit (so: the first of `all()`), and an async callback would
// commit before its awaits (so: refused).

import type { DatabaseSync, SQLInputValue } from 'node:sqlite';

import { BetterSQLiteSession } from 'drizzle-orm/better-sqlite3/session';
import { BaseSQLiteDatabase, SQLiteSyncDialect } from 'drizzle-orm/sqlite-core';

export type SqliteDatabase = BaseSQLiteDatabase<'sync', { changes: number | bigint }, Record<string, never>>;

export interface SqliteSession {
  db: SqliteDatabase;
  migrate(migrations: readonly Migration[]): void;
}

export interface Migration {
  sql: string[];
  bps: boolean;
  folderMillis: number;
  hash: string;
}

export function createSqliteSession(connection: DatabaseSync): SqliteSession {
  const dialect = new SQLiteSyncDialect();
  type SessionClient = ConstructorParameters<typeof BetterSQLiteSession>[0];
  const client = adaptConnection(connection) as unknown as SessionClient;
  const session = new BetterSQLiteSession<Record<string, never>, Record<string, never>>(client, dialect, undefined);
  type DatabaseSession = ConstructorParameters<typeof BaseSQLiteDatabase>[2];
  const db = new BaseSQLiteDatabase('sync', dialect, session as unknown as DatabaseSession, undefined);
  return {
    db: db as unknown as SqliteDatabase,
    migrate: (migrations) => dialect.migrate([...migrations], session as never),
  };
}

const maxStatementsKept = 500;

function adaptConnection(connection: DatabaseSync) {
  const kept = new Map<string, ReturnType<typeof adaptStatement>>();
  return {
    prepare(query: string) {
      const known = kept.get(query);
      if (known) return known;
      const statement = adaptStatement(connection, query);
      if (kept.size < maxStatementsKept) kept.set(query, statement);
      return statement;
    },
    transaction: (callback: (...args: unknown[]) => unknown) => adaptTransaction(connection, callback),
  };
}

function adaptStatement(connection: DatabaseSync, query: string) {
  const objects = connection.prepare(query);
  const arrays = connection.prepare(query);
  arrays.setReturnArrays(true);
  const raw = {
    get: (...values: SQLInputValue[]) => arrays.all(...values)[0],
    all: (...values: SQLInputValue[]) => arrays.all(...values),
  };
  return {
    run: (...values: SQLInputValue[]) => (isSpent(connection, query) ? nothing : objects.run(...values)),
    get: (...values: SQLInputValue[]) => objects.all(...values)[0],
    all: (...values: SQLInputValue[]) => objects.all(...values),
    raw: () => raw,
  };
}

const nothing = { changes: 0, lastInsertRowid: 0 };

/** A full disk has ended the transaction already: rolling back would fail and hide why. https://www.sqlite.org/lang_transaction.html */
function isSpent(connection: DatabaseSync, query: string): boolean {
  return query === 'ROLLBACK' && !connection.isTransaction;
}

function adaptTransaction(connection: DatabaseSync, callback: (...args: unknown[]) => unknown) {
  const begin =
    (behavior: string) =>
    (...args: unknown[]) => {
      connection.exec(`BEGIN ${behavior}`);
      try {
        const result = callback(...args);
        if (isThenable(result)) throw new TypeError('cannot run a transaction because its callback is async');
        connection.exec('COMMIT');
        return result;
      } catch (error) {
        if (connection.isTransaction) connection.exec('ROLLBACK');
        throw error;
      }
    };
  return Object.assign(begin(''), {
    deferred: begin('DEFERRED'),
    immediate: begin('IMMEDIATE'),
    exclusive: begin('EXCLUSIVE'),
  });
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
