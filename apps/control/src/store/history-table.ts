// The table of the history: adds events, reads pages from either end, removes the oldest.

import { clampTime, type EventView } from '@fairlead/protocol';
import { and, asc, count, desc, eq, gt, inArray, lt, lte, sql } from 'drizzle-orm/sql';

import { history } from './schema.ts';
import type { SqliteDatabase } from '@fairlead/sqlite';
import type { HistoryEntry } from '../domain/records.ts';
import type { HistoryBounds, HistoryQuery } from './store.ts';

/** Returns the event that was added; undefined if it is stored already. */
export function prepareAdd(db: SqliteDatabase): (entry: HistoryEntry) => EventView | undefined {
  const at = (name: string) => sql.placeholder(name);
  const add = db
    .insert(history)
    .values({
      atMs: at('atMs'),
      recordedMs: at('recordedMs'),
      deployment: at('deployment'),
      instanceId: at('instanceId'),
      kind: at('kind'),
      message: at('message'),
      processId: at('processId'),
      eventId: at('eventId'),
    })
    .onConflictDoNothing()
    .returning({ seq: history.seq })
    .prepare();
  return ({ source, ...entry }) => {
    const row = add.all({ ...entry, processId: source?.processId ?? null, eventId: source?.id ?? null })[0];
    return row && { seq: row.seq, ...entry };
  };
}

export function listHistory(db: SqliteDatabase, query: HistoryQuery): EventView[] {
  const { deployment, limit } = query;
  const forward = 'after' in query;
  const range = forward ? gt(history.seq, query.after) : lt(history.seq, query.before);
  const rows = db
    .select({
      seq: history.seq,
      atMs: history.atMs,
      recordedMs: history.recordedMs,
      deployment: history.deployment,
      instanceId: history.instanceId,
      kind: history.kind,
      message: history.message,
    })
    .from(history)
    .where(deployment === undefined ? range : and(range, eq(history.deployment, deployment)))
    .orderBy(forward ? asc(history.seq) : desc(history.seq))
    .limit(limit)
    .all();
  // An older control has stored infinite times.
  const events = rows.map(({ recordedMs, atMs, ...row }) => {
    const event = { ...row, atMs: clampTime(atMs) };
    return recordedMs === null ? event : { ...event, recordedMs };
  });
  return forward ? events : events.toReversed();
}

/** Removes events of deployments over their share first, so that these do not displace the events of others. */
export function pruneHistory(db: SqliteDatabase, bounds: HistoryBounds, limit: number): number {
  const talkative = pruneTalkative(db, bounds.mostEach, limit);
  return talkative + pruneOldest(db, bounds, limit - talkative);
}

function pruneOldest(db: SqliteDatabase, { beforeMs, most }: HistoryBounds, limit: number): number {
  const kept = db.select({ events: count() }).from(history).all()[0]?.events ?? 0;
  const oldest = db
    .select({ seq: history.seq, atMs: history.atMs, recordedMs: history.recordedMs })
    .from(history)
    .orderBy(asc(history.seq))
    .limit(limit)
    .all();
  const stays = oldest.findIndex(
    ({ atMs, recordedMs }, place) => place >= kept - most && (recordedMs ?? atMs) >= beforeMs,
  );
  const gone = stays === -1 ? oldest : oldest.slice(0, stays);
  const last = gone.at(-1);
  if (last) db.delete(history).where(lte(history.seq, last.seq)).run();
  return gone.length;
}

/** Removes the oldest events of each deployment that has more than its share. */
function pruneTalkative(db: SqliteDatabase, mostEach: number, limit: number): number {
  const talkative = db
    .select({ deployment: history.deployment, events: count() })
    .from(history)
    .groupBy(history.deployment)
    .having(({ events }) => gt(events, mostEach))
    .all();
  let removed = 0;
  for (const { deployment, events } of talkative) {
    const step = Math.min(events - mostEach, limit - removed);
    if (step <= 0) break;
    const oldest = db
      .select({ seq: history.seq })
      .from(history)
      .where(eq(history.deployment, deployment))
      .orderBy(asc(history.seq))
      .limit(step);
    removed += Number(db.delete(history).where(inArray(history.seq, oldest)).run().changes);
  }
  return removed;
}
