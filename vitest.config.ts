import { fileURLToPath } from 'node:url';

import { defineConfig } from 'vitest/config';

import { LongestFirst } from './scripts/longest-first.ts';

const tests = [
  'packages/*/src/**/*.test.ts',
  'apps/*/src/**/*.test.ts',
  'infra/testbed/src/**/*.test.ts',
  'bench/src/**/*.test.ts',
  'examples/src/**/*.test.ts',
  'tests/**/*.test.ts',
];
/** Those that start our programs. Without a place in this list a test starts them from source: right, and slower. */
const programs = [
  'packages/*/src/**/main.test.ts',
  'packages/cli/src/commands/doctor.test.ts',
  'packages/cli/src/config/project-config.test.ts',
  'packages/scheduler/src/local/local-scheduler.test.ts',
  'packages/testkit/src/open-world.test.ts',
  'apps/*/src/main.test.ts',
  'apps/control/src/faults/*.test.ts',
  'apps/node-agent/src/agent.test.ts',
  'apps/node-agent/src/nodes/audit-of-endings.test.ts',
  'apps/node-agent/src/nodes/several-nodes.test.ts',
  'packages/engines/src/judge/classify-failure.test.ts',
  'apps/node-agent/src/engine/spawn-engine.test.ts',
  'examples/src/examples.test.ts',
  'tests/docs/blocks.test.ts',
  'tests/scenarios/*.test.ts',
];

export default defineConfig({
  resolve: { conditions: ['fairlead-source'] },
  ssr: { resolve: { conditions: ['fairlead-source'] } },
  test: {
    // More than half of the time is spent waiting for processes: three workers for each of two cores. Each loads all that its tests import, a second of processor time.
    maxWorkers: 6,
    // A process for each file would cost a second of processor time and more; none may leave anything behind in one.
    isolate: false,
    // A machine with seven busy processes for each core takes 20 s for what takes a second on a quiet one.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // The default of one second is shorter than the pauses of a busy machine.
    expect: { poll: { timeout: 15_000 } },
    // The collector of young objects runs less often: a twentieth of a worker's processor time.
    execArgv: ['--conditions=fairlead-source', '--min-semi-space-size=16', '--max-semi-space-size=32'],
    // Most of a short command's time is compiling: the processes that tests start share that.
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('./node_modules/.cache/node-compile', import.meta.url)) },
    sequence: { sequencer: LongestFirst },
    // In the order of their names: what waits for processes begins first.
    projects: [
      {
        extends: true,
        test: { name: 'programs', include: programs, globalSetup: './scripts/build-for-tests.ts' },
      },
      { extends: true, test: { name: 'units', include: tests, exclude: [...programs, '**/node_modules/**'] } },
    ],
  },
});
