// The package's programs: the CLI, whose commands stay chunks of their own; two helpers that outlive it; and what travels to other hosts.

import { defineConfig } from 'tsdown';

import { bundled, oneFile } from '../../scripts/one-file.ts';

const here = { cwd: import.meta.dirname, outDir: 'dist' };

export default defineConfig([
  {
    ...bundled('main'),
    ...here,
    entry: { main: 'src/main.ts' },
    clean: true,
    minify: true,
    // Flat: the code looks for bundles and helpers beside itself.
    outputOptions: { chunkFileNames: '[name]-[hash].mjs' },
    copy: [
      { from: '../../apps/node-agent/dist/agent.*', to: 'dist/bundles' },
      { from: '../../apps/control/dist/control.*', to: 'dist/bundles' },
      { from: '../engine-sim/dist/engine-sim.*', to: 'dist/bundles' },
      { from: '../../infra/bastion/gate', to: 'dist/bundles' },
      { from: '../../docs/fairlead.1', to: 'dist' },
    ],
  },
  oneFile({ ...here, outDir: 'dist/bundles', name: 'bench', entry: 'src/commands/bench/on-node/main.ts' }),
  oneFile({ ...here, outDir: 'dist/bundles', name: 'probe', entry: 'src/doctor/probe/main.ts' }),
  oneFile({ ...here, name: 'reaper', entry: 'src/demo/reaper.ts' }),
  oneFile({ ...here, name: 'local-runner', entry: '../scheduler/src/local/local-runner.ts' }),
]);
