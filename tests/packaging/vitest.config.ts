// A separate lane: it builds, packs, and fetches from a registry, which `pnpm test` does not do.

import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['fairlead-source'] },
  ssr: { resolve: { conditions: ['fairlead-source'] } },
  test: {
    root: import.meta.dirname,
    include: ['*.lane.ts'],
    globalSetup: ['pack-once.ts'],
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    execArgv: ['--conditions=fairlead-source'],
  },
});
