import { fileURLToPath } from 'node:url';

import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['fairlead-source'] },
  ssr: { resolve: { conditions: ['fairlead-source'] } },
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'apps/*/src/**/*.test.ts',
      'infra/testbed/src/**/*.test.ts',
      'bench/src/**/*.test.ts',
      'examples/src/**/*.test.ts',
      'tests/**/*.test.ts',
    ],
    // Most of the time is spent waiting for processes: more workers than cores.
    maxWorkers: 3,
    testTimeout: 20_000,
    hookTimeout: 30_000,
    execArgv: ['--conditions=fairlead-source'],
    // Most of a short command's time from source is stripping types and compiling: the processes that tests start share that.
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('./node_modules/.cache/node-compile', import.meta.url)) },
  },
});
