// Members, keys and usage in gateway.db. Several processes may have it open: the one that serves, and commands that change members.

import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { CodedError, errorText } from '@fairlead/kit';
import { createSqliteSession, type SqliteDatabase } from '@fairlead/sqlite';
import { eq } from 'drizzle-orm/sql';

import type { KeyRecord, MemberRecord } from '../accounts/account-records.ts';
import type { AccountsSnapshot } from '../accounts/key-book.ts';
import type { GatewayErrorCode } from '../gateway-error.ts';
import type { UsageGroup, UsageRecord, UsageSum } from '../usage/usage-record.ts';
import MIGRATIONS from './migrations.json' with { type: 'json' };
import { keysTable, membersTable } from './schema.ts';
import { prepareAddUsage, sumUsage } from './usage-rows.ts';

export interface GatewayStore extends Disposable {
  readAccounts(): AccountsSnapshot;
  /** Changes each time that another process has changed the file. */
  version(): number;
  /** On disk when it returns, as each change of members and keys. Throws `member_exists`. */
  addMember(member: MemberRecord): void;
  /** With all its keys. Throws `member_unknown`. */
  removeMember(name: string): void;
  /** Throws `member_unknown`. */
  addKey(key: KeyRecord): void;
  /** Throws `key_unknown`. */
  revokeKey(id: string, nowMs: number): KeyRecord;
  /** All or none. A record that is there already is passed over. */
  addUsage(records: readonly UsageRecord[]): void;
  sumUsage(by: UsageGroup, sinceMs: number): UsageSum[];
}

/** `serve`: usage survives the end of the process at once, a loss of power from the next checkpoint on. */
export type StoreUse = 'command' | 'serve';

const busyMs = { command: 5_000, serve: 50 } as const;

/** Makes the folder where there is none, for this account alone. Throws `gateway_store_failed`, `gateway_store_newer`. */
export function openGatewayStore(stateDir: string, use: StoreUse): GatewayStore {
  const file = join(stateDir, 'gateway.db');
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
    const connection = new DatabaseSync(file, { timeout: busyMs.command });
    try {
      chmodSync(file, 0o600);
      connection.exec(`PRAGMA journal_mode=WAL; PRAGMA synchronous=${use === 'serve' ? 'NORMAL' : 'FULL'}`);
      const session = createSqliteSession(connection);
      bringUpToDate(connection, file, () => session.migrate(MIGRATIONS));
      connection.exec(`PRAGMA busy_timeout=${busyMs[use]}`);
      return new SqliteGatewayStore(connection, session.db);
    } catch (error) {
      connection.close();
      throw error;
    }
  } catch (error) {
    throw error instanceof CodedError ? error : storeFailed(file, error);
  }
}

/** Another process may do the same at this moment: what counts is that it is done. */
function bringUpToDate(connection: DatabaseSync, file: string, migrate: () => void): void {
  const newest = MIGRATIONS.at(-1)!.folderMillis;
  const found = schemaOf(connection);
  if (found > newest)
    throw new CodedError<GatewayErrorCode>(
      'gateway_store_newer',
      `cannot use ${file} because a newer gateway has made it`,
      {
        hint: 'Install that version of Fairlead on this machine.',
      },
    );
  try {
    if (found < newest) migrate();
  } catch (error) {
    if (schemaOf(connection) !== newest) throw error;
  }
}

function schemaOf(connection: DatabaseSync): number {
  const table = connection.prepare("SELECT 1 FROM sqlite_master WHERE name = '__drizzle_migrations'").all();
  if (table.length === 0) return 0;
  return Number(connection.prepare('SELECT max(created_at) AS last FROM __drizzle_migrations').all()[0]?.['last'] ?? 0);
}

class SqliteGatewayStore implements GatewayStore {
  readonly #connection: DatabaseSync;
  readonly #db: SqliteDatabase;
  readonly #dataVersion;
  readonly #addUsage: (record: UsageRecord) => void;

  constructor(connection: DatabaseSync, db: SqliteDatabase) {
    this.#connection = connection;
    this.#db = db;
    this.#dataVersion = connection.prepare('PRAGMA data_version');
    this.#addUsage = prepareAddUsage(db);
  }

  readAccounts(): AccountsSnapshot {
    return {
      members: this.#db.select().from(membersTable).all().map(memberOf),
      keys: this.#db.select().from(keysTable).all().map(keyOf),
    };
  }

  version(): number {
    return Number(this.#dataVersion.all()[0]?.['data_version']);
  }

  addMember({ name, team, limits, createdMs }: MemberRecord): void {
    const row = {
      name,
      team: team ?? null,
      requestsPerMinute: limits.requestsPerMinute ?? null,
      tokensPerMinute: limits.tokensPerMinute ?? null,
      concurrent: limits.concurrent ?? null,
      createdMs,
    };
    const { changes } = this.#db.insert(membersTable).values(row).onConflictDoNothing().run();
    if (changes === 0)
      throw new CodedError<GatewayErrorCode>(
        'member_exists',
        `cannot add ${name} because there is a member of that name`,
        {
          hint: `Give them another key: fairlead keys add ${name}`,
        },
      );
  }

  removeMember(name: string): void {
    this.#db.transaction((tx) => {
      const { changes } = tx.delete(membersTable).where(eq(membersTable.name, name)).run();
      if (changes === 0) throw memberUnknown('remove', name);
      tx.delete(keysTable).where(eq(keysTable.member, name)).run();
    });
  }

  addKey(key: KeyRecord): void {
    this.#db.transaction((tx) => {
      const [member] = tx.select().from(membersTable).where(eq(membersTable.name, key.member)).all();
      if (!member) throw memberUnknown('make a key for', key.member);
      const { id, label, hash, models, createdMs, expiresMs } = key;
      const row = {
        id,
        member: key.member,
        label: label ?? null,
        hash: hash.toString('hex'),
        models: models ? [...models] : null,
        createdMs,
        expiresMs: expiresMs ?? null,
        revokedMs: null,
      };
      tx.insert(keysTable).values(row).run();
    });
  }

  revokeKey(id: string, nowMs: number): KeyRecord {
    return this.#db.transaction((tx) => {
      const [row] = tx.select().from(keysTable).where(eq(keysTable.id, id)).all();
      if (!row)
        throw new CodedError<GatewayErrorCode>('key_unknown', `cannot revoke ${id} because no key has that id`, {
          hint: 'See `fairlead keys list`.',
        });
      const revokedMs = row.revokedMs ?? nowMs;
      tx.update(keysTable).set({ revokedMs }).where(eq(keysTable.id, id)).run();
      return keyOf({ ...row, revokedMs });
    });
  }

  addUsage(records: readonly UsageRecord[]): void {
    this.#db.transaction(
      () => {
        for (const record of records) this.#addUsage(record);
      },
      { behavior: 'immediate' },
    );
  }

  sumUsage(by: UsageGroup, sinceMs: number): UsageSum[] {
    return sumUsage(this.#db, by, sinceMs);
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }
}

function memberOf(row: typeof membersTable.$inferSelect): MemberRecord {
  return {
    name: row.name,
    team: row.team ?? undefined,
    limits: {
      requestsPerMinute: row.requestsPerMinute ?? undefined,
      tokensPerMinute: row.tokensPerMinute ?? undefined,
      concurrent: row.concurrent ?? undefined,
    },
    createdMs: row.createdMs,
  };
}

function keyOf(row: typeof keysTable.$inferSelect): KeyRecord {
  return {
    id: row.id,
    member: row.member,
    label: row.label ?? undefined,
    hash: Buffer.from(row.hash, 'hex'),
    models: row.models ?? undefined,
    createdMs: row.createdMs,
    expiresMs: row.expiresMs ?? undefined,
    revokedMs: row.revokedMs ?? undefined,
  };
}

function memberUnknown(what: string, name: string): CodedError<GatewayErrorCode> {
  return new CodedError('member_unknown', `cannot ${what} ${name} because there is no member of that name`, {
    hint: 'See `fairlead members list`.',
  });
}

function storeFailed(file: string, cause: unknown): CodedError<GatewayErrorCode> {
  return new CodedError('gateway_store_failed', `cannot use ${file} because SQLite cannot: got ${errorText(cause)}`, {
    hint: 'See that the disk has room and the file belongs to this account.',
    cause,
  });
}
