// The SDK as a package: our own packages, and what it speaks SSH and WebSocket with, are in it; zod's types are part of its types.
// What a job needs on the cluster travels with it, for `deploy`; programs that only connect load none of that.

import { defineConfig } from 'tsdown';

import { bundled, oneProgram } from '../../scripts/one-file.ts';

const common = bundled('index');

export default defineConfig([
  {
    ...common,
    entry: 'src/index.ts',
    outDir: 'dist',
    clean: true,
    dts: true,
    deps: { ...common.deps, neverBundle: ['zod'] },
    // Flat: the code looks for bundles and helpers beside itself.
    outputOptions: { chunkFileNames: '[name]-[hash].mjs' },
    copy: [
      { from: '../../apps/node-agent/dist/agent.*', to: 'dist/bundles' },
      { from: '../engine-sim/dist/engine-sim.*', to: 'dist/bundles' },
    ],
  },
  oneProgram('local-runner', { cwd: import.meta.dirname, outDir: 'dist' }),
]);
