// Writes src/store/migrations.json from drizzle/, so that one built file can carry them.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { readMigrationFiles } from 'drizzle-orm/migrator';

const here = import.meta.dirname;
const migrations = readMigrationFiles({ migrationsFolder: join(here, 'drizzle') });
writeFileSync(join(here, 'src/store/migrations.json'), `${JSON.stringify(migrations, null, 2)}\n`);
