// The migrations that travel in the built file are those of drizzle/.

import { join } from 'node:path';

import { readMigrationFiles } from 'drizzle-orm/migrator';
import { expect, it } from 'vitest';

import MIGRATIONS from './migrations.json' with { type: 'json' };

it('migrations.json holds what drizzle/ holds (if not: node --run migrations)', () => {
  const folder = join(import.meta.dirname, '../../drizzle');
  expect(MIGRATIONS).toEqual(readMigrationFiles({ migrationsFolder: folder }));
});
