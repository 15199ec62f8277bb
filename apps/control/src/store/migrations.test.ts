// The migrations that travel in the built file are those of drizzle/, and they make the tables that schema.ts describes.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { type DrizzleSQLiteSnapshotJSON, generateSQLiteDrizzleJson, generateSQLiteMigration } from 'drizzle-kit/api';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { expect, it } from 'vitest';

import MIGRATIONS from './migrations.json' with { type: 'json' };
import * as schema from './schema.ts';
import { createSqliteSession } from '@fairlead/sqlite';

const folder = join(import.meta.dirname, '../../drizzle');

function readJson(name: string): unknown {
  return JSON.parse(readFileSync(join(folder, 'meta', name), 'utf8'));
}

it('migrations.json holds what drizzle/ holds (if not: node --run migrations)', () => {
  expect(MIGRATIONS).toEqual(readMigrationFiles({ migrationsFolder: folder }));
});

it('the last snapshot of drizzle/ describes schema.ts (if not: node --run migrations)', async () => {
  const { entries } = readJson('_journal.json') as { entries: Array<{ tag: string }> };
  const number = entries.at(-1)!.tag.slice(0, 4);
  const snapshot = readJson(`${number}_snapshot.json`) as DrizzleSQLiteSnapshotJSON;
  expect(await generateSQLiteMigration(snapshot, await described())).toEqual([]);
});

it('all migrations together make the tables of schema.ts, those written by hand included', async () => {
  using migrated = new DatabaseSync(':memory:');
  createSqliteSession(migrated).migrate(MIGRATIONS);
  using made = new DatabaseSync(':memory:');
  const nothing = await generateSQLiteDrizzleJson({});
  for (const statement of await generateSQLiteMigration(nothing, await described())) made.exec(statement);
  expect(shapeOf(migrated)).toEqual(shapeOf(made));
});

function described(): Promise<DrizzleSQLiteSnapshotJSON> {
  return generateSQLiteDrizzleJson({ ...schema });
}

/** Columns and indexes of every table. Columns by name: a migration can only append one. */
function shapeOf(database: DatabaseSync) {
  const tables = database
    .prepare(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_\\_%' ESCAPE '\\' ORDER BY name",
    )
    .all();
  return tables.map(({ name }) => ({
    name,
    columns: database
      .prepare('SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info(?) ORDER BY name')
      .all(name!),
    indexes: database
      .prepare("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? ORDER BY name")
      .all(name!),
  }));
}
