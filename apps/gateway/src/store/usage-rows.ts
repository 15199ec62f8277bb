// Rows of usage: added one by one, read as sums.

import type { DatabaseSync } from 'node:sqlite';

import type { SqliteDatabase } from '@fairlead/sqlite';
import { desc, gte, sql } from 'drizzle-orm/sql';

import type { UsedTokens } from '../limits/ledger.ts';
import type { UsageGroup, UsageRecord, UsageSum } from '../usage/usage-record.ts';
import { usageTable } from './schema.ts';

/** Run by the driver as it is: filling in the values by drizzle takes longer than writing the row. Returns whether it was new. */
export function prepareAddUsage(connection: DatabaseSync): (record: UsageRecord) => boolean {
  const fields = Object.keys(emptyRow) as Array<keyof typeof emptyRow>;
  const columns = fields.map((field) => usageTable[field].name).join(', ');
  const places = fields.map(() => '?').join(', ');
  const insert = connection.prepare(`INSERT INTO usage (${columns}) VALUES (${places}) ON CONFLICT DO NOTHING`);
  return (record) => Number(insert.run(...fields.map((field) => valueOf(record[field]))).changes) > 0;
}

function valueOf(value: string | number | boolean | undefined): string | number | null {
  return typeof value === 'boolean' ? Number(value) : (value ?? null);
}

/** A column for each, so that the compiler refuses one that is forgotten. */
const emptyRow: Record<keyof typeof usageTable.$inferInsert, null> = {
  requestId: null,
  atMs: null,
  member: null,
  team: null,
  keyId: null,
  model: null,
  deployment: null,
  instanceId: null,
  route: null,
  outcome: null,
  status: null,
  promptTokens: null,
  completionTokens: null,
  cachedTokens: null,
  estimated: null,
  queuedMs: null,
  firstByteMs: null,
  totalMs: null,
};

/** The largest users first; days in their order. */
export function sumUsage(db: SqliteDatabase, by: UsageGroup, sinceMs: number): UsageSum[] {
  const name = groups[by];
  const sum = (column: (typeof usageTable)[keyof typeof emptyRow]) => sql<number>`total(${column})`.mapWith(Number);
  const tokens = sql`total(${usageTable.promptTokens}) + total(${usageTable.completionTokens})`;
  return db
    .select({
      name,
      requests: sql<number>`count(*)`.mapWith(Number),
      failed: sql<number>`total(${usageTable.outcome} NOT IN ('completed', 'client_left'))`.mapWith(Number),
      promptTokens: sum(usageTable.promptTokens),
      completionTokens: sum(usageTable.completionTokens),
      cachedTokens: sum(usageTable.cachedTokens),
      estimated: sum(usageTable.estimated),
    })
    .from(usageTable)
    .where(gte(usageTable.atMs, sinceMs))
    .groupBy(name)
    .orderBy(by === 'day' ? name : desc(tokens))
    .all();
}

/** One pass over the month. */
export function readUsedTokens(
  db: SqliteDatabase,
  { monthMs, dayMs }: { monthMs: number; dayMs: number },
): UsedTokens[] {
  const { member, team, keyId, atMs, promptTokens, completionTokens } = usageTable;
  const tokens = sql`${promptTokens} + ${completionTokens}`;
  const rows = db
    .select({
      keyId,
      member,
      team,
      thisMonth: sql<number>`total(${tokens})`.mapWith(Number),
      today: sql<number>`total(CASE WHEN ${atMs} >= ${dayMs} THEN ${tokens} ELSE 0 END)`.mapWith(Number),
    })
    .from(usageTable)
    .where(gte(atMs, monthMs))
    .groupBy(keyId, member, team)
    .all();
  return rows.map((row) => ({ ...row, team: row.team ?? undefined }));
}

const groups = {
  member: sql<string>`${usageTable.member}`,
  team: sql<string>`coalesce(${usageTable.team}, '')`,
  key: sql<string>`${usageTable.keyId}`,
  model: sql<string>`${usageTable.model}`,
  day: sql<string>`date(${usageTable.atMs} / 1000, 'unixepoch')`,
} satisfies Record<UsageGroup, unknown>;
