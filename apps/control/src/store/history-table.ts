// The history in its table: added to, read in pages from either end, shortened from its beginning.

import type { EventView } from '@fairlead/protocol';
import { and, asc, desc, eq, gt, lt, lte, sql } from 'drizzle-orm/sql';

import { history } from './schema.ts';
import type { ControlDatabase } from './sqlite-session.ts';
import type { HistoryBounds, HistoryEntry, HistoryQuery } from './store.ts';

/** Returns what was added; undefined where it is there already. */
export function prepareAdd(db: ControlDatabase): (entry: HistoryEntry) => EventView | undefined {
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

export function listHistory(db: ControlDatabase, query: HistoryQuery): EventView[] {
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
  const events = rows.map(({ recordedMs, ...row }) => (recordedMs === null ? row : { ...row, recordedMs }));
  return forward ? events : events.toReversed();
}

export function pruneHistory(db: ControlDatabase, { beforeMs, most }: HistoryBounds, limit: number): number {
  const newest = db.select({ seq: history.seq }).from(history).orderBy(desc(history.seq)).limit(1).all()[0]?.seq ?? 0;
  const oldest = db
    .select({ seq: history.seq, atMs: history.atMs, recordedMs: history.recordedMs })
    .from(history)
    .orderBy(asc(history.seq))
    .limit(limit)
    .all();
  const stays = oldest.findIndex(
    ({ seq, atMs, recordedMs }) => seq > newest - most && (recordedMs ?? atMs) >= beforeMs,
  );
  const gone = stays === -1 ? oldest : oldest.slice(0, stays);
  const last = gone.at(-1);
  if (last) db.delete(history).where(lte(history.seq, last.seq)).run();
  return gone.length;
}
