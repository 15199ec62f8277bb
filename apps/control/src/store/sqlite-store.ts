// The Store on one SQLite file, through drizzle.

import { type EventView } from '@fairlead/protocol';
import { eq, sql } from 'drizzle-orm/sql';

import { checkWrite } from './check-write.ts';
import { listHistory, prepareAdd, pruneHistory } from './history-table.ts';
import { openDatabase, type OpenOptions, schemaVersion, settle } from './open-database.ts';
import { findInstance, listInstances, loadRecords } from './read-records.ts';
import { deployments, instances } from './schema.ts';
import type { SqliteDatabase } from '@fairlead/sqlite';
import { storeError } from './store-error.ts';
import type { Store, Write } from './store.ts';

/** Throws as `openDatabase` does. Closing checkpoints the write-ahead log into the file. */
export function openSqliteStore(file: string, options: OpenOptions = {}): Store {
  const { db, connection } = openDatabase(file, options);
  const put = prepareWrites(db);
  const reading = <T>(read: () => T): T => explained('read', file, read);
  const writing = <T>(write: () => T): T =>
    explained('write to', file, () => db.transaction(write, { behavior: 'immediate' }));
  return {
    schemaVersion,
    load: async () => reading(() => db.transaction(() => loadRecords(db), { behavior: 'immediate' })),
    commit: async (writes) => {
      const checked = writes.map(checkWrite);
      return writing(() => checked.map(put).filter((event) => event !== undefined));
    },
    findInstance: async (id) => reading(() => findInstance(db, id)),
    listInstances: async ({ deployment }) => reading(() => listInstances(db, deployment)),
    listHistory: async (query) => reading(() => listHistory(db, query)),
    pruneHistory: async (bounds, limit) => writing(() => pruneHistory(db, bounds, limit)),
    settle: async () => explained('write to', file, () => settle(connection)),
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

/** Prepared once: building a statement costs more than running it. */
function prepareWrites(db: SqliteDatabase): (write: Write) => EventView | undefined {
  const putDeployment = preparePutDeployment(db);
  const putInstance = preparePutInstance(db);
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

function preparePutDeployment(db: SqliteDatabase) {
  const changing = {
    model: at('model'),
    servedModel: at('servedModel'),
    engine: at('engine'),
    cluster: at('cluster'),
    wanted: at('wanted'),
    stopMode: at('stopMode'),
    createdMs: at('createdMs'),
  };
  return db
    .insert(deployments)
    .values({ name: at('name'), ...changing })
    .onConflictDoUpdate({ target: deployments.name, set: excluded(Object.keys(changing)) })
    .prepare();
}

function preparePutInstance(db: SqliteDatabase) {
  const changing = {
    jobId: at('jobId'),
    life: at('life'),
    servedModels: at('servedModels'),
    nodes: at('nodes'),
    role: at('role'),
    replica: at('replica'),
    former: at('former'),
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
  return db
    .insert(instances)
    .values({ ...fixed, ...changing })
    .onConflictDoUpdate({ target: instances.id, set: excluded(Object.keys(changing)) })
    .prepare();
}

function at(name: string) {
  return sql.placeholder(name);
}

/** `name = excluded.name` for each of the columns, in SQL's own spelling. */
function excluded(columns: readonly string[]): Record<string, ReturnType<typeof sql.raw>> {
  const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.fromEntries(columns.map((name) => [name, sql.raw(`excluded.${snake(name)}`)]));
}
