// Writes src/store/migrations.json of the app in the working directory from its drizzle/, so that one built file can carry them.

import { writeFileSync } from 'node:fs';

import { readMigrationFiles } from 'drizzle-orm/migrator';

const migrations = readMigrationFiles({ migrationsFolder: 'drizzle' });
writeFileSync('src/store/migrations.json', `${JSON.stringify(migrations, null, 2)}\n`);
