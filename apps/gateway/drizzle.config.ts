// For `node --run migrations`: where the tables are described and where their migrations go.

import { defineConfig } from 'drizzle-kit';

export default defineConfig({ dialect: 'sqlite', schema: './src/store/schema.ts', out: './drizzle' });
