// Members, keys and usage in gateway.db. Several processes may have it open: the one that serves, and commands that change members.

import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { CodedError, defined, errorText } from '@fairlead/kit';
import { createSqliteSession, type SqliteDatabase } from '@fairlead/sqlite';
import { eq, gte, max } from 'drizzle-orm/sql';

import type { InviteRecord, KeyRecord, MemberRecord, TeamRecord } from '../accounts/account-records.ts';
import type { AuditRecord, AccountChange } from '../accounts/audit-record.ts';
import type { AccountsSnapshot } from '../accounts/key-book.ts';
import type { GatewayErrorCode } from '../gateway-error.ts';
import type { UsedTokens } from '../limits/ledger.ts';
import type { UsageGroup, UsageRecord, UsageSum } from '../usage/usage-record.ts';
import { type ChangesRead, readChanges } from './account-changes.ts';
import { inviteOf, keyOf, limitRow, memberOf, rowOfKey, teamOf } from './account-rows.ts';
import MIGRATIONS from './migrations.json' with { type: 'json' };
import { addInvite, findInvite, useInvite } from './invite-rows.ts';
import { openStateDir } from './open-state-dir.ts';
import { auditTable, invitesTable, keysTable, membersTable, teamsTable } from './schema.ts';
import { SourceRows } from './source-rows.ts';
import { prepareAddUsage, readUsedTokens, sumUsage } from './usage-rows.ts';

export interface GatewayStore extends Disposable {
  /** Publishers and upstreams. */
  readonly sources: SourceRows;
  readAccounts(): AccountsSnapshot;
  /** The number of the newest change of teams, members and keys. */
  lastChange(): number;
  /** What has changed since, as it is now; not whole where there were more than `most` changes. */
  readChanges(since: number, most: number): ChangesRead;
  /** Changes each time that another process has changed the file. */
  version(): number;
  /** On disk with its record of audit when it returns, as each change of teams, members and keys. */
  setTeam(team: TeamRecord, change: AccountChange): void;
  /** Its members stay in it, with the weight of any other team and no limits in common. Throws `team_unknown`. */
  removeTeam(name: string, change: AccountChange): void;
  /** Throws `member_exists`. */
  addMember(member: MemberRecord, change: AccountChange): void;
  /** With all its keys. Throws `member_unknown`. */
  removeMember(name: string, change: AccountChange): void;
  /** Throws `member_unknown`. */
  addKey(key: KeyRecord, change: AccountChange): void;
  /** Throws `key_unknown`. */
  revokeKey(id: string, change: AccountChange): KeyRecord;
  /** It is good until then. Throws `key_unknown`. */
  expireKey(id: string, expiresMs: number, change: AccountChange): KeyRecord;
  keysOf(member: string): KeyRecord[];
  findMember(name: string): MemberRecord | undefined;
  /** In place of another one that is open. Throws `member_unknown`. */
  addInvite(invite: InviteRecord, change: AccountChange): void;
  findInvite(id: string): InviteRecord | undefined;
  readInvites(): InviteRecord[];
  /** Its key from now on. Throws `invite_used`, also where another process has redeemed it since it was found, and `invite_unknown`. */
  redeemInvite(id: string, key: KeyRecord, change: AccountChange): void;
  /** The oldest first. */
  readAudit(sinceMs: number): AuditRecord[];
  /** All or none. A record that is there already is passed over. Returns how many were not. */
  addUsage(records: readonly UsageRecord[]): number;
  sumUsage(by: UsageGroup, sinceMs: number): UsageSum[];
  /** By key, of this month and this day, which begin then. */
  usedTokens(since: { monthMs: number; dayMs: number }): UsedTokens[];
}

type Transaction = Pick<SqliteDatabase, 'select' | 'insert' | 'update' | 'delete'>;

/** `serve`: usage survives the end of the process at once, a loss of power from the next checkpoint on. */
export type StoreUse = 'command' | 'serve';

const busyMs = { command: 5_000, serve: 50 } as const;

/** Makes the folder where there is none, for this account alone. Throws `gateway_store_failed`, `gateway_store_newer`. */
export function openGatewayStore(stateDir: string, use: StoreUse): GatewayStore {
  const file = join(stateDir, 'gateway.db');
  try {
    openStateDir(stateDir);
    const connection = new DatabaseSync(file, { timeout: busyMs.command });
    try {
      chmodSync(file, 0o600);
      connection.exec(`PRAGMA journal_mode=WAL; PRAGMA synchronous=${use === 'serve' ? 'NORMAL' : 'FULL'}`);
      const session = createSqliteSession(connection);
      bringUpToDate(connection, file, () => session.migrate(MIGRATIONS));
      connection.exec(`PRAGMA busy_timeout=${busyMs[use]}`);
      return new SqliteGatewayStore(connection, session.db, file);
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
  readonly #addUsage: (record: UsageRecord) => boolean;
  readonly sources: SourceRows;
  readonly #file: string;

  constructor(connection: DatabaseSync, db: SqliteDatabase, file: string) {
    this.#file = file;
    this.#connection = connection;
    this.#db = db;
    this.#dataVersion = connection.prepare('PRAGMA data_version');
    this.#addUsage = prepareAddUsage(connection);
    this.sources = new SourceRows(db, (record, make) => this.#change(record, make));
  }

  readAccounts(): AccountsSnapshot {
    return {
      members: this.#db.select().from(membersTable).all().map(memberOf),
      keys: this.#db.select().from(keysTable).all().map(keyOf),
      teams: this.#db.select().from(teamsTable).all().map(teamOf),
    };
  }

  lastChange(): number {
    return (
      this.#db
        .select({ last: max(auditTable.id) })
        .from(auditTable)
        .all()[0]?.last ?? 0
    );
  }

  readChanges(since: number, most: number): ChangesRead {
    return readChanges(this.#db, since, most);
  }

  version(): number {
    return Number(this.#dataVersion.all()[0]?.['data_version']);
  }

  setTeam({ name, weight, limits, createdMs }: TeamRecord, change: AccountChange): void {
    const values = { weight, ...limitRow(limits) };
    this.#change({ ...change, action: 'team.set', subject: name, detail: { weight, limits: defined(limits) } }, (tx) =>
      tx
        .insert(teamsTable)
        .values({ name, createdMs, ...values })
        .onConflictDoUpdate({ target: teamsTable.name, set: values })
        .run(),
    );
  }

  removeTeam(name: string, change: AccountChange): void {
    this.#change({ ...change, action: 'team.removed', subject: name, detail: {} }, (tx) => {
      const { changes } = tx.delete(teamsTable).where(eq(teamsTable.name, name)).run();
      if (changes === 0) throw teamUnknown(name);
    });
  }

  addMember({ name, team, limits, createdMs }: MemberRecord, change: AccountChange): void {
    const detail = { ...defined({ team }), limits: defined(limits) };
    this.#change({ ...change, action: 'member.added', subject: name, detail }, (tx) => {
      const row = { name, team: team ?? null, ...limitRow(limits), createdMs };
      const { changes } = tx.insert(membersTable).values(row).onConflictDoNothing().run();
      if (changes === 0) throw memberExists(name);
    });
  }

  removeMember(name: string, change: AccountChange): void {
    this.#change({ ...change, action: 'member.removed', subject: name, detail: {} }, (tx) => {
      const { changes } = tx.delete(membersTable).where(eq(membersTable.name, name)).run();
      if (changes === 0) throw memberUnknown('remove', name);
      tx.delete(keysTable).where(eq(keysTable.member, name)).run();
      tx.delete(invitesTable).where(eq(invitesTable.member, name)).run();
    });
  }

  addKey(key: KeyRecord, change: AccountChange): void {
    const { id, member, models, expiresMs, limits } = key;
    const detail = { member, ...defined({ models, expiresMs }), limits: defined(limits) };
    this.#change({ ...change, action: 'key.added', subject: id, detail }, (tx) => {
      const [found] = tx.select().from(membersTable).where(eq(membersTable.name, member)).all();
      if (!found) throw memberUnknown('make a key for', member);
      tx.insert(keysTable).values(rowOfKey(key)).run();
    });
  }

  revokeKey(id: string, change: AccountChange): KeyRecord {
    return this.#change({ ...change, action: 'key.revoked', subject: id, detail: {} }, (tx) => {
      const [row] = tx.select().from(keysTable).where(eq(keysTable.id, id)).all();
      if (!row) throw keyUnknown(id);
      const revokedMs = row.revokedMs ?? change.nowMs;
      tx.update(keysTable).set({ revokedMs }).where(eq(keysTable.id, id)).run();
      return keyOf({ ...row, revokedMs });
    });
  }

  findMember(name: string): MemberRecord | undefined {
    return this.#db.select().from(membersTable).where(eq(membersTable.name, name)).all().map(memberOf)[0];
  }

  addInvite(invite: InviteRecord, change: AccountChange): void {
    const { member, expiresMs, key } = invite;
    const detail = { ...defined({ models: key.models }), expiresMs };
    this.#change({ ...change, action: 'member.invited', subject: member, detail }, (tx) => {
      const [found] = tx.select().from(membersTable).where(eq(membersTable.name, member)).all();
      if (!found) throw memberUnknown('invite', member);
      addInvite(tx, invite);
    });
  }

  findInvite(id: string): InviteRecord | undefined {
    return findInvite(this.#db, id);
  }

  readInvites(): InviteRecord[] {
    return this.#db.select().from(invitesTable).all().map(inviteOf);
  }

  redeemInvite(id: string, key: KeyRecord, change: AccountChange): void {
    const { member, models, expiresMs } = key;
    const detail = { member, ...defined({ models, expiresMs }), invite: id };
    this.#change({ ...change, action: 'key.added', subject: key.id, detail }, (tx) => {
      useInvite(tx, id, change.nowMs);
      tx.insert(keysTable).values(rowOfKey(key)).run();
    });
  }

  expireKey(id: string, expiresMs: number, change: AccountChange): KeyRecord {
    return this.#change({ ...change, action: 'key.rotated', subject: id, detail: { expiresMs } }, (tx) => {
      const [row] = tx.select().from(keysTable).where(eq(keysTable.id, id)).all();
      if (!row) throw keyUnknown(id);
      tx.update(keysTable).set({ expiresMs }).where(eq(keysTable.id, id)).run();
      return keyOf({ ...row, expiresMs });
    });
  }

  keysOf(member: string): KeyRecord[] {
    return this.#db.select().from(keysTable).where(eq(keysTable.member, member)).all().map(keyOf);
  }

  readAudit(sinceMs: number): AuditRecord[] {
    const rows = this.#db.select().from(auditTable).where(gte(auditTable.atMs, sinceMs)).orderBy(auditTable.id).all();
    return rows.map(({ id: _id, action, ...row }) => ({ ...row, action: action as AuditRecord['action'] }));
  }

  /** The change and its record, both or none. Throws what `make` does, and `gateway_store_failed`. */
  #change<T>(
    { actor, nowMs, action, subject, detail }: AccountChange & Pick<AuditRecord, 'action' | 'subject' | 'detail'>,
    make: (tx: Transaction) => T,
  ): T {
    try {
      return this.#db.transaction((tx) => {
        const made = make(tx);
        tx.insert(auditTable).values({ atMs: nowMs, actor, action, subject, detail }).run();
        return made;
      });
    } catch (error) {
      throw error instanceof CodedError ? error : storeFailed(this.#file, error);
    }
  }

  addUsage(records: readonly UsageRecord[]): number {
    return this.#db.transaction(() => records.filter((record) => this.#addUsage(record)).length, {
      behavior: 'immediate',
    });
  }

  sumUsage(by: UsageGroup, sinceMs: number): UsageSum[] {
    return sumUsage(this.#db, by, sinceMs);
  }

  usedTokens(since: { monthMs: number; dayMs: number }): UsedTokens[] {
    return readUsedTokens(this.#db, since);
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }
}

function teamUnknown(name: string): CodedError<GatewayErrorCode> {
  return new CodedError('team_unknown', `cannot remove ${name} because no team of that name has a weight or limits`, {
    hint: 'See `fairlead gateway teams list`.',
  });
}

function memberExists(name: string): CodedError<GatewayErrorCode> {
  return new CodedError('member_exists', `cannot add ${name} because there is a member of that name`, {
    hint: `Give them another key: fairlead keys add ${name}`,
  });
}

function keyUnknown(id: string): CodedError<GatewayErrorCode> {
  return new CodedError('key_unknown', `cannot revoke ${id} because no key has that id`, {
    hint: 'See `fairlead keys list`.',
  });
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
