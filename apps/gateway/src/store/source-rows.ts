// Publishers, the names that they hold, and upstreams, as rows.

import { CodedError, defined, Secret } from '@fairlead/kit';
import type { SqliteDatabase } from '@fairlead/sqlite';
import { and, eq, inArray } from 'drizzle-orm/sql';

import type { AccountChange, AuditRecord } from '../accounts/audit-record.ts';
import type { GatewayErrorCode } from '../gateway-error.ts';
import type { PublisherRecord, UpstreamRecord } from '../sources/source-records.ts';
import { publishedNamesTable, publishersTable, upstreamsTable } from './schema.ts';

type Tx = Pick<SqliteDatabase, 'select' | 'insert' | 'update' | 'delete'>;
/** Makes the change and its record of audit, both or none. */
type Change = (
  record: AccountChange & Pick<AuditRecord, 'action' | 'subject' | 'detail'>,
  make: (tx: Tx) => void,
) => void;

export class SourceRows {
  readonly #db: SqliteDatabase;
  readonly #change: Change;

  constructor(db: SqliteDatabase, change: Change) {
    this.#db = db;
    this.#change = change;
  }

  publishers(): PublisherRecord[] {
    return this.#db.select().from(publishersTable).orderBy(publishersTable.createdMs).all();
  }

  /** Throws `source_exists`. */
  addPublisher(publisher: PublisherRecord, change: AccountChange): void {
    const { name, uid } = publisher;
    this.#change({ ...change, action: 'publisher.added', subject: name, detail: { uid } }, (tx) => {
      if (isSource(tx, name)) throw sourceExists(name);
      tx.insert(publishersTable).values(publisher).run();
    });
  }

  /** With the names that they hold. Throws `source_unknown`. */
  removePublisher(name: string, change: AccountChange): void {
    this.#change({ ...change, action: 'publisher.removed', subject: name, detail: {} }, (tx) => {
      const { changes } = tx.delete(publishersTable).where(eq(publishersTable.name, name)).run();
      if (changes === 0) throw sourceUnknown('publishers', name);
      tx.delete(publishedNamesTable).where(eq(publishedNamesTable.publisher, name)).run();
    });
  }

  /** Names of models, and the publishers to which they lead. */
  publishedNames(): Map<string, string> {
    const rows = this.#db.select().from(publishedNamesTable).all();
    return new Map(rows.map(({ name, publisher }) => [name, publisher]));
  }

  /** A name that is held stays with its holder. */
  holdNames(publisher: string, names: readonly string[]): void {
    const rows = names.map((name) => ({ name, publisher }));
    if (rows.length > 0) this.#db.insert(publishedNamesTable).values(rows).onConflictDoNothing().run();
  }

  releaseNames(publisher: string, names: readonly string[]): void {
    if (names.length === 0) return;
    const { name, publisher: holder } = publishedNamesTable;
    this.#db
      .delete(publishedNamesTable)
      .where(and(eq(holder, publisher), inArray(name, [...names])))
      .run();
  }

  upstreams(): UpstreamRecord[] {
    const rows = this.#db.select().from(upstreamsTable).orderBy(upstreamsTable.createdMs).all();
    return rows.map(({ apiKey, models, concurrent, ...row }) => ({
      ...row,
      apiKey: new Secret(apiKey),
      models: models ?? undefined,
      concurrent: concurrent ?? undefined,
    }));
  }

  /** Throws `source_exists`. */
  addUpstream({ apiKey, ...upstream }: UpstreamRecord, change: AccountChange): void {
    const { name, url, models, concurrent } = upstream;
    const detail = { url, ...defined({ models: models && Object.keys(models), concurrent }) };
    this.#change({ ...change, action: 'upstream.added', subject: name, detail }, (tx) => {
      if (isSource(tx, name)) throw sourceExists(name);
      const row = { ...upstream, models: models ?? null, concurrent: concurrent ?? null, apiKey: apiKey.reveal() };
      tx.insert(upstreamsTable).values(row).run();
    });
  }

  /** Throws `source_unknown`. */
  removeUpstream(name: string, change: AccountChange): void {
    this.#change({ ...change, action: 'upstream.removed', subject: name, detail: {} }, (tx) => {
      const { changes } = tx.delete(upstreamsTable).where(eq(upstreamsTable.name, name)).run();
      if (changes === 0) throw sourceUnknown('upstreams', name);
    });
  }
}

/** Names of publishers and upstreams qualify names of models: each is taken once. */
function isSource(tx: Tx, name: string): boolean {
  const publishers = tx.select().from(publishersTable).where(eq(publishersTable.name, name)).all();
  return (
    publishers.length > 0 || tx.select().from(upstreamsTable).where(eq(upstreamsTable.name, name)).all().length > 0
  );
}

function sourceExists(name: string): CodedError<GatewayErrorCode> {
  return new CodedError('source_exists', `cannot add ${name} because a publisher or an upstream has that name`, {
    hint: 'Choose another name, or remove that one first.',
  });
}

function sourceUnknown(kind: 'publishers' | 'upstreams', name: string): CodedError<GatewayErrorCode> {
  return new CodedError('source_unknown', `cannot remove ${name} because there is none of that name`, {
    hint: `See \`fairlead gateway ${kind} list\`.`,
  });
}
