// The tables of control.db. After a change here: `node --run migrations` writes the next migration.

import { index, integer, real, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';

export const deployments = sqliteTable('deployments', {
  name: text().primaryKey(),
  model: text().notNull(),
  servedModel: text('served_model').notNull(),
  engine: text().notNull(),
  cluster: text().notNull(),
  wanted: text().notNull(),
  stopMode: text('stop_mode'),
  createdMs: real('created_ms').notNull(),
});

export const instances = sqliteTable(
  'instances',
  {
    id: text().primaryKey(),
    deployment: text().notNull(),
    jobDir: text('job_dir').notNull(),
    enrolmentHash: text('enrolment_hash').notNull(),
    jobId: text('job_id'),
    /** JSON: see lifeRecord. */
    life: text({ mode: 'json' }).notNull(),
    servedModels: text('served_models', { mode: 'json' }).notNull(),
    nodes: text({ mode: 'json' }).notNull(),
    deadlineMs: real('deadline_ms'),
    createdMs: real('created_ms').notNull(),
    updatedMs: real('updated_ms').notNull(),
    role: text().notNull().default('current'),
    replica: integer().notNull().default(0),
    /** Whether another instance has taken its place. */
    former: integer({ mode: 'boolean' }).notNull().default(false),
  },
  (table) => [index('instances_deployment').on(table.deployment)],
);

/** Records that could not be read, as they were: for a person to look at. */
export const setAside = sqliteTable('set_aside', {
  seq: integer().primaryKey({ autoIncrement: true }),
  atMs: real('at_ms').notNull(),
  tableName: text('table_name').notNull(),
  recordId: text('record_id').notNull(),
  why: text().notNull(),
  /** JSON of the row. */
  record: text().notNull(),
});

export const history = sqliteTable(
  'history',
  {
    seq: integer().primaryKey({ autoIncrement: true }),
    atMs: real('at_ms').notNull(),
    deployment: text().notNull(),
    instanceId: text('instance_id').notNull(),
    kind: text().notNull(),
    message: text().notNull(),
    processId: text('process_id'),
    eventId: integer('event_id'),
    /** By control's own clock, where `at_ms` may be an agent's; absent in rows of schema 1. */
    recordedMs: real('recorded_ms'),
  },
  (table) => [
    index('history_deployment').on(table.deployment, table.seq),
    uniqueIndex('history_source').on(table.instanceId, table.processId, table.eventId),
  ],
);
