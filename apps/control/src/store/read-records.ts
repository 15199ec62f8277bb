// Reads rows as records, one by one. A row that breaks its schema is set aside unchanged; the others are read all the same.

import { clampTime, decodeValue, type Read, type Schema } from '@fairlead/protocol';
import { asc, desc, eq, sql } from 'drizzle-orm/sql';

import { type DeploymentRecord, deploymentRecord, type InstanceRecord, instanceRecord } from '../domain/records.ts';
import { deployments, instances, setAside } from './schema.ts';
import type { SqliteDatabase } from '@fairlead/sqlite';
import type { Remembered, SetAside } from './store.ts';

type Row = Record<string, unknown>;
interface Bad<T> {
  row: Row;
  why: string;
  fresh: T | undefined;
}
type ReadRow<T> = { ok: true; record: T } | ({ ok: false } & Bad<T>);

/** Reads JSON columns as text: if drizzle parsed them, one bad text would fail the whole query. */
const instanceColumns = {
  id: instances.id,
  deployment: instances.deployment,
  jobDir: instances.jobDir,
  enrolmentHash: instances.enrolmentHash,
  jobId: instances.jobId,
  life: sql<string>`${instances.life}`,
  role: instances.role,
  replica: instances.replica,
  former: instances.former,
  servedModels: sql<string>`${instances.servedModels}`,
  nodes: sql<string>`${instances.nodes}`,
  deadlineMs: instances.deadlineMs,
  createdMs: instances.createdMs,
  updatedMs: instances.updatedMs,
};

export function findInstance(db: SqliteDatabase, id: string): InstanceRecord | undefined {
  const row = db.select(instanceColumns).from(instances).where(eq(instances.id, id)).all()[0];
  return row && shown(readInstance(row));
}

export function listInstances(db: SqliteDatabase, deployment: string | undefined): InstanceRecord[] {
  return db
    .select(instanceColumns)
    .from(instances)
    .where(deployment === undefined ? undefined : eq(instances.deployment, deployment))
    .orderBy(desc(instances.createdMs), desc(instances.id))
    .all()
    .map((row) => shown(readInstance(row)))
    .filter((record) => record !== undefined);
}

/** Call within a transaction: a row that cannot be read is moved to another table. */
export function loadRecords(db: SqliteDatabase): Remembered {
  const known = db.select().from(deployments).all().map(readDeployment);
  const current = db
    .select(instanceColumns)
    .from(instances)
    .innerJoin(deployments, eq(deployments.name, instances.deployment))
    .where(eq(instances.former, false))
    .orderBy(asc(instances.createdMs), asc(instances.id))
    .all()
    .map(readInstance);
  const found: SetAside[] = [];
  const remembered = {
    deployments: keepGood(known, (bad) => found.push(moveDeployment(db, bad))),
    instances: keepGood(current, (bad) => found.push(moveInstance(db, bad))),
  };
  return { ...remembered, formers: listFormers(db), ...(found.length > 0 && { setAside: found }) };
}

function listFormers(db: SqliteDatabase) {
  return db
    .select({
      id: instances.id,
      deployment: instances.deployment,
      enrolmentHash: instances.enrolmentHash,
      updatedMs: instances.updatedMs,
    })
    .from(instances)
    .innerJoin(deployments, eq(deployments.name, instances.deployment))
    .where(eq(instances.former, true))
    .all();
}

function keepGood<T>(rows: ReadRow<T>[], onBad: (bad: Bad<T>) => void): T[] {
  return rows.flatMap((read) => {
    if (!read.ok) onBad(read);
    const record = shown(read);
    return record === undefined ? [] : [record];
  });
}

function readDeployment(row: Row): ReadRow<DeploymentRecord> {
  const { name, model, servedModel, engine, cluster, createdMs } = row;
  const fresh = { name, model, servedModel, engine, cluster, createdMs: nearestTime(createdMs) };
  return readRow(deploymentRecord, row, { ...fresh, wanted: 'running' });
}

/** A fresh record that waits for its agent. Its identity is in columns of their own, which could be read. */
function readInstance(row: Row): ReadRow<InstanceRecord> {
  const { id, deployment, jobDir, enrolmentHash, former, createdMs, updatedMs } = row;
  const who = { id, deployment, jobDir, enrolmentHash, jobId: row['jobId'] ?? undefined };
  const place = { role: row['role'] === 'successor' ? 'successor' : 'current', replica: 0, former };
  const life = { phase: 'waiting', state: { status: 'submitted' }, retired: 0 };
  const times = { createdMs: nearestTime(createdMs), updatedMs: nearestTime(updatedMs) };
  return readRow(instanceRecord, row, { ...who, ...place, ...times, life, servedModels: [], nodes: [] });
}

function readRow<T extends Schema>(schema: T, row: Row, fresh: Row): ReadRow<Read<T>> {
  const decoded = decodeValue(schema, asRecord(row));
  if (decoded.ok) return { ok: true, record: decoded.value };
  const instead = decodeValue(schema, fresh);
  const why = `${decoded.path || 'the record'}: ${decoded.message}`;
  return { ok: false, row, why, fresh: instead.ok ? instead.value : undefined };
}

const jsonColumns = new Set(['life', 'servedModels', 'nodes']);

function asRecord(row: Row): Row {
  const there = Object.entries(row).filter(([, value]) => value !== null);
  return Object.fromEntries(there.map(([name, value]) => [name, jsonColumns.has(name) ? parsed(value) : value]));
}

function parsed(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function nearestTime(value: unknown): number {
  return typeof value === 'number' ? clampTime(value) : 0;
}

function shown<T>(read: ReadRow<T>): T | undefined {
  return read.ok ? read.record : read.fresh;
}

function moveDeployment(db: SqliteDatabase, bad: Bad<DeploymentRecord>): SetAside {
  const name = String(bad.row['name']);
  db.delete(deployments).where(eq(deployments.name, name)).run();
  if (bad.fresh) db.insert(deployments).values(bad.fresh).run();
  return keep(db, { table: 'deployments', id: name, why: bad.why, replaced: bad.fresh !== undefined }, bad.row);
}

function moveInstance(db: SqliteDatabase, bad: Bad<InstanceRecord>): SetAside {
  const id = String(bad.row['id']);
  db.delete(instances).where(eq(instances.id, id)).run();
  if (bad.fresh) db.insert(instances).values(bad.fresh).run();
  return keep(db, { table: 'instances', id, why: bad.why, replaced: bad.fresh !== undefined }, bad.row);
}

function keep(db: SqliteDatabase, said: SetAside, row: Row): SetAside {
  // JSON cannot express Infinity.
  const whole = (_name: string, value: unknown) =>
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
  db.insert(setAside)
    .values({
      atMs: sql`unixepoch('subsec') * 1000`,
      tableName: said.table,
      recordId: said.id,
      why: said.why,
      record: JSON.stringify(row, whole),
    })
    .run();
  return said;
}
