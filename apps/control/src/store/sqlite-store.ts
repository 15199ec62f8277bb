// The Store on one SQLite file, through drizzle.

import { type EventView } from '@fairlead/protocol';
import { and, asc, desc, eq, gt, ne, sql } from 'drizzle-orm/sql';

import { deploymentRecord, type InstanceRecord, instanceRecord } from '../domain/records.ts';
import { openDatabase } from './open-database.ts';
import { deployments, history, instances } from './schema.ts';
import type { ControlDatabase } from './sqlite-session.ts';
import type { HistoryQuery, Remembered, Store, Write } from './store.ts';

/** Throws as `openDatabase` does. Closing checkpoints the write-ahead log into the file. */
export function openSqliteStore(file: string): Store {
  const { db, connection } = openDatabase(file);
  const put = prepareWrites(db);
  return {
    load: async () => load(db),
    commit: async (writes) => db.transaction(() => writes.forEach(put), { behavior: 'immediate' }),
    findInstance: async (id) => {
      const row = db.select().from(instances).where(eq(instances.id, id)).all()[0];
      return row && readInstance(row);
    },
    listInstances: async ({ deployment }) =>
      db
        .select()
        .from(instances)
        .where(deployment === undefined ? undefined : eq(instances.deployment, deployment))
        .orderBy(desc(instances.createdMs), desc(instances.id))
        .all()
        .map(readInstance),
    listHistory: async (query) => listHistory(db, query),
    [Symbol.asyncDispose]: async () => connection.close(),
  };
}

function load(db: ControlDatabase): Remembered {
  const current = db
    .select({ instance: instances })
    .from(instances)
    .innerJoin(deployments, eq(deployments.instanceId, instances.id))
    .all();
  const formers = db
    .select({ id: instances.id, deployment: instances.deployment, enrolmentHash: instances.enrolmentHash })
    .from(instances)
    .innerJoin(deployments, and(eq(deployments.name, instances.deployment), ne(deployments.instanceId, instances.id)))
    .all();
  return {
    deployments: db
      .select()
      .from(deployments)
      .all()
      .map((row) => deploymentRecord.parse(withoutNulls(row))),
    instances: current.map((row) => readInstance(row.instance)),
    formers,
  };
}

function listHistory(db: ControlDatabase, { deployment, after, limit }: HistoryQuery): EventView[] {
  const later = gt(history.seq, after);
  return db
    .select({
      seq: history.seq,
      atMs: history.atMs,
      deployment: history.deployment,
      instanceId: history.instanceId,
      kind: history.kind,
      message: history.message,
    })
    .from(history)
    .where(deployment === undefined ? later : and(later, eq(history.deployment, deployment)))
    .orderBy(asc(history.seq))
    .limit(limit)
    .all();
}

/** Prepared once: building a statement costs more than running it. */
function prepareWrites(db: ControlDatabase): (write: Write) => void {
  const at = (name: string) => sql.placeholder(name);
  const deployment = {
    model: at('model'),
    servedModel: at('servedModel'),
    engine: at('engine'),
    cluster: at('cluster'),
    wanted: at('wanted'),
    stopMode: at('stopMode'),
    createdMs: at('createdMs'),
    instanceId: at('instanceId'),
  };
  const putDeployment = db
    .insert(deployments)
    .values({ name: at('name'), ...deployment })
    .onConflictDoUpdate({ target: deployments.name, set: excluded(Object.keys(deployment)) })
    .prepare();
  const instance = {
    jobId: at('jobId'),
    life: at('life'),
    models: at('models'),
    gpus: at('gpus'),
    deadlineMs: at('deadlineMs'),
    updatedMs: at('updatedMs'),
  };
  const fixed = {
    id: at('id'),
    deployment: at('deployment'),
    jobDir: at('jobDir'),
    enrolmentHash: at('enrolmentHash'),
    createdMs: at('createdMs'),
  };
  const putInstance = db
    .insert(instances)
    .values({ ...fixed, ...instance })
    .onConflictDoUpdate({ target: instances.id, set: excluded(Object.keys(instance)) })
    .prepare();
  const addHistory = db
    .insert(history)
    .values({
      atMs: at('atMs'),
      deployment: at('deployment'),
      instanceId: at('instanceId'),
      kind: at('kind'),
      message: at('message'),
      processId: at('processId'),
      eventId: at('eventId'),
    })
    .onConflictDoNothing()
    .prepare();
  return (write) => {
    switch (write.type) {
      case 'deployment.put':
        putDeployment.run({ stopMode: null, ...write.record });
        return;
      case 'instance.put':
        putInstance.run({ jobId: null, deadlineMs: null, ...write.record });
        return;
      case 'history.add': {
        const { source, ...entry } = write.entry;
        addHistory.run({ ...entry, processId: source?.processId ?? null, eventId: source?.id ?? null });
        return;
      }
    }
  };
}

/** `name = excluded.name` for each of the columns, in SQL's own spelling. */
function excluded(columns: readonly string[]): Record<string, ReturnType<typeof sql.raw>> {
  const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.fromEntries(columns.map((name) => [name, sql.raw(`excluded.${snake(name)}`)]));
}

function readInstance(row: typeof instances.$inferSelect): InstanceRecord {
  return instanceRecord.parse(withoutNulls(row));
}

function withoutNulls(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
}
