// Invitations as rows.

import { CodedError } from '@fairlead/kit';
import type { SqliteDatabase } from '@fairlead/sqlite';
import { and, eq, isNull } from 'drizzle-orm/sql';

import type { InviteRecord } from '../accounts/account-records.ts';
import type { GatewayErrorCode } from '../gateway-error.ts';
import { inviteOf, rowOfInvite } from './account-rows.ts';
import { invitesTable } from './schema.ts';

/** A member has one that is open: who has lost the line gets another, and the lost one is worth nothing. */
export function addInvite(tx: Pick<SqliteDatabase, 'delete' | 'insert'>, invite: InviteRecord): void {
  const { member, usedMs } = invitesTable;
  tx.delete(invitesTable)
    .where(and(eq(member, invite.member), isNull(usedMs)))
    .run();
  tx.insert(invitesTable).values(rowOfInvite(invite)).run();
}

export function findInvite(db: Pick<SqliteDatabase, 'select'>, id: string): InviteRecord | undefined {
  return db.select().from(invitesTable).where(eq(invitesTable.id, id)).all().map(inviteOf)[0];
}

/** Throws `invite_used` and `invite_unknown`. */
export function useInvite(tx: Pick<SqliteDatabase, 'select' | 'update'>, id: string, nowMs: number): void {
  const { changes } = tx
    .update(invitesTable)
    .set({ usedMs: nowMs })
    .where(and(eq(invitesTable.id, id), isNull(invitesTable.usedMs)))
    .run();
  if (changes === 1) return;
  const found = findInvite(tx, id);
  throw found ? inviteUsed(found) : inviteUnknown();
}

export function inviteUsed({ usedMs = 0 }: Pick<InviteRecord, 'usedMs'>): CodedError<GatewayErrorCode> {
  const at = `${new Date(usedMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return new CodedError('invite_used', `cannot join because this line was used at ${at}: it is good once`, {
    hint: 'If that was you, on another machine or in another terminal, you have a key there. If not, tell the owner of the gateway: that key should be revoked. They make another line with `fairlead members invite`.',
  });
}

export function inviteUnknown(): CodedError<GatewayErrorCode> {
  return new CodedError('invite_unknown', 'cannot join because the gateway does not know this line', {
    hint: 'A newer line may have taken its place, or it is of another gateway. Ask the owner for another: `fairlead members invite`.',
  });
}
