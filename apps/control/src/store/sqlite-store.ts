// The Store on one SQLite file, through drizzle.

import { type EventView } from '@fairlead/protocol';
import { and, desc, eq, ne, sql } from 'drizzle-orm/sql';

import { deploymentRecord, type InstanceRecord, instanceRecord } from '../domain/records.ts';
import { listHistory, prepareAdd, pruneHistory } from './history-table.ts';
import { checkpoint, openDatabase, type OpenOptions, SCHEMA_VERSION } from './open-database.ts';
import { deployments, instances } from './schema.ts';
import type { ControlDatabase } from './sqlite-session.ts';
import { storeError } from './store-error.ts';
import type { Remembered, Store, Write } from './store.ts';

/** Throws as `openDatabase` does. Closing checkpoints the write-ahead log into the file. */
export function openSqliteStore(file: string, options: OpenOptions = {}): Store {
  const { db, connection } = openDatabase(file, options);
  const put = prepareWrites(db);
  const reading = <T>(read: () => T): T => explained('read', file, read);
  const writing = <T>(write: () => T): T =>
    explained('write to', file, () => db.transaction(write, { behavior: 'immediate' }));
  return {
    schemaVersion: SCHEMA_VERSION,
    load: async () => reading(() => load(db)),
    commit: async (writes) => writing(() => writes.map(put).filter((event) => event !== undefined)),
    findInstance: async (id) => reading(() => findInstance(db, id)),
    listInstances: async ({ deployment }) => reading(() => listInstances(db, deployment)),
    listHistory: async (query) => reading(() => listHistory(db, query)),
    pruneHistory: async (bounds, limit) => writing(() => pruneHistory(db, bounds, limit)),
    settle: async () => explained('write to', file, () => checkpoint(connection)),
    [Symbol.asyncDispose]: async () => connection.close(),
  };
}

function explained<T>(doing: string, file: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw storeError(error, doing, file);
  }
}

function findInstance(db: ControlDatabase, id: string): InstanceRecord | undefined {
  const row = db.select().from(instances).where(eq(instances.id, id)).all()[0];
  return row && readInstance(row);
}

function listInstances(db: ControlDatabase, deployment: string | undefined): InstanceRecord[] {
  return db
    .select()
    .from(instances)
    .where(deployment === undefined ? undefined : eq(instances.deployment, deployment))
    .orderBy(desc(instances.createdMs), desc(instances.id))
    .all()
    .map(readInstance);
}

function load(db: ControlDatabase): Remembered {
  const current = db
    .select({ instance: instances })
    .from(instances)
    .innerJoin(deployments, eq(deployments.instanceId, instances.id))
    .all();
  const formers = db
    .select({
      id: instances.id,
      deployment: instances.deployment,
      enrolmentHash: instances.enrolmentHash,
      updatedMs: instances.updatedMs,
    })
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

/** Prepared once: building a statement costs more than running it. */
function prepareWrites(db: ControlDatabase): (write: Write) => EventView | undefined {
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
  const removeDeployment = db
    .delete(deployments)
    .where(eq(deployments.name, at('name')))
    .prepare();
  const removeInstance = db
    .delete(instances)
    .where(eq(instances.id, at('id')))
    .prepare();
  const addHistory = prepareAdd(db);
  return (write) => {
    switch (write.type) {
      case 'deployment.put':
        putDeployment.run({ stopMode: null, ...write.record });
        return undefined;
      case 'instance.put':
        putInstance.run({ jobId: null, ...write.record, deadlineMs: write.record.deadlineMs ?? null });
        return undefined;
      case 'history.add':
        return addHistory(write.entry);
      case 'deployment.remove':
        removeDeployment.run({ name: write.name });
        return undefined;
      case 'instance.remove':
        removeInstance.run({ id: write.id });
        return undefined;
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
