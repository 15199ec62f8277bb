// Which teams, members and keys have changed, by the record of audit, and how they are now.

import type { SqliteDatabase } from '@fairlead/sqlite';
import { asc, desc, eq, gt } from 'drizzle-orm/sql';

import type { KeyRecord, MemberRecord, TeamRecord } from '../accounts/account-records.ts';
import type { AuditRecord } from '../accounts/audit-record.ts';
import type { AccountsPatch } from '../accounts/key-book.ts';
import { keyOf, memberOf, teamOf } from './account-rows.ts';
import { auditTable, keysTable, membersTable, teamsTable } from './schema.ts';

export type ChangesRead = { isWhole: true; patch: AccountsPatch; last: number } | { isWhole: false; last: number };

/** `none`: nothing that a request needs. */
type Kind = 'team' | 'member' | 'key' | 'none';
const kinds: Readonly<Record<AuditRecord['action'], Kind>> = {
  'team.set': 'team',
  'team.removed': 'team',
  'member.added': 'member',
  'member.invited': 'none',
  'member.removed': 'member',
  'key.added': 'key',
  'key.rotated': 'key',
  'key.revoked': 'key',
  'publisher.added': 'none',
  'publisher.removed': 'none',
  'upstream.added': 'none',
  'upstream.removed': 'none',
};

/** One transaction, so that all is of one time. */
export function readChanges(db: SqliteDatabase, since: number, most: number): ChangesRead {
  return db.transaction((tx) => {
    const { id, action, subject } = auditTable;
    const rows = tx
      .select({ id, action, subject })
      .from(auditTable)
      .where(gt(id, since))
      .orderBy(asc(id))
      .limit(most + 1)
      .all();
    if (rows.length > most) {
      const [newest] = tx.select({ id }).from(auditTable).orderBy(desc(id)).limit(1).all();
      return { isWhole: false, last: newest!.id };
    }
    const teams = new Map<string, TeamRecord | undefined>();
    const members = new Map<string, MemberRecord | undefined>();
    const keys = new Map<string, KeyRecord | undefined>();
    for (const row of rows) {
      const name = row.subject;
      switch (kinds[row.action as AuditRecord['action']]) {
        case 'team':
          teams.set(name, tx.select().from(teamsTable).where(eq(teamsTable.name, name)).all().map(teamOf)[0]);
          break;
        case 'member':
          members.set(name, tx.select().from(membersTable).where(eq(membersTable.name, name)).all().map(memberOf)[0]);
          // One who was removed and added again has none of the old keys.
          for (const key of tx.select().from(keysTable).where(eq(keysTable.member, name)).all().map(keyOf))
            keys.set(key.id, key);
          break;
        case 'key':
          keys.set(name, tx.select().from(keysTable).where(eq(keysTable.id, name)).all().map(keyOf)[0]);
          break;
        case 'none':
          break;
      }
    }
    return { isWhole: true, patch: { teams, members, keys }, last: rows.at(-1)?.id ?? since };
  });
}
