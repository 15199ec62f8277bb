import { fileURLToPath } from 'node:url';

import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['fairlead-source'] },
  ssr: { resolve: { conditions: ['fairlead-source'] } },
  test: {
    // What a user has: the laptop's `fairlead` as it is packaged.
    globalSetup: fileURLToPath(new URL('../../scripts/build-for-tests.ts', import.meta.url)),
    include: ['infra/testbed/src/scenarios/**/*.scenario.ts'],
    // Those have a lane of their own: vitest.vllm.config.ts.
    exclude: ['infra/testbed/src/scenarios/real-vllm/**'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Each file brings up testbeds of its own. Most of the time is spent waiting.
    maxWorkers: 3,
    execArgv: ['--conditions=fairlead-source'],
  },
});
