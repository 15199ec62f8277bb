// Teams, members and keys as rows, and the record of each change of them.

import type { InviteRecord, KeyRecord, Limits, MemberRecord, TeamRecord } from '../accounts/account-records.ts';
import type { invitesTable, keysTable, membersTable, teamsTable } from './schema.ts';

type LimitRow = { [Name in keyof Required<Limits>]: number | null };

export function limitRow(limits: Limits): LimitRow {
  return {
    requestsPerMinute: limits.requestsPerMinute ?? null,
    tokensPerMinute: limits.tokensPerMinute ?? null,
    tokensPerDay: limits.tokensPerDay ?? null,
    tokensPerMonth: limits.tokensPerMonth ?? null,
    concurrent: limits.concurrent ?? null,
    maxTokens: limits.maxTokens ?? null,
  };
}

function limitsOf(row: LimitRow): Required<Limits> {
  return {
    requestsPerMinute: row.requestsPerMinute ?? undefined,
    tokensPerMinute: row.tokensPerMinute ?? undefined,
    tokensPerDay: row.tokensPerDay ?? undefined,
    tokensPerMonth: row.tokensPerMonth ?? undefined,
    concurrent: row.concurrent ?? undefined,
    maxTokens: row.maxTokens ?? undefined,
  };
}

export function teamOf(row: typeof teamsTable.$inferSelect): TeamRecord {
  return { name: row.name, weight: row.weight, limits: limitsOf(row), createdMs: row.createdMs };
}

export function memberOf(row: typeof membersTable.$inferSelect): MemberRecord {
  return { name: row.name, team: row.team ?? undefined, limits: limitsOf(row), createdMs: row.createdMs };
}

export function keyOf(row: typeof keysTable.$inferSelect): KeyRecord {
  return {
    id: row.id,
    member: row.member,
    label: row.label ?? undefined,
    hash: Buffer.from(row.hash, 'hex'),
    models: row.models ?? undefined,
    createdMs: row.createdMs,
    expiresMs: row.expiresMs ?? undefined,
    revokedMs: row.revokedMs ?? undefined,
    limits: limitsOf(row),
  };
}

export function rowOfKey(key: KeyRecord): typeof keysTable.$inferInsert {
  return {
    id: key.id,
    member: key.member,
    label: key.label ?? null,
    hash: key.hash.toString('hex'),
    models: key.models ? [...key.models] : null,
    createdMs: key.createdMs,
    expiresMs: key.expiresMs ?? null,
    revokedMs: key.revokedMs ?? null,
    ...limitRow(key.limits),
  };
}

export function inviteOf(row: typeof invitesTable.$inferSelect): InviteRecord {
  return {
    id: row.id,
    member: row.member,
    hash: Buffer.from(row.hash, 'hex'),
    createdMs: row.createdMs,
    expiresMs: row.expiresMs,
    usedMs: row.usedMs ?? undefined,
    key: {
      label: row.label ?? undefined,
      models: row.models ?? undefined,
      expiresMs: row.keyExpiresMs ?? undefined,
    },
  };
}

export function rowOfInvite({ key, ...invite }: InviteRecord): typeof invitesTable.$inferInsert {
  return {
    id: invite.id,
    member: invite.member,
    hash: invite.hash.toString('hex'),
    createdMs: invite.createdMs,
    expiresMs: invite.expiresMs,
    usedMs: invite.usedMs ?? null,
    label: key.label ?? null,
    models: key.models ? [...key.models] : null,
    keyExpiresMs: key.expiresMs ?? null,
  };
}
