// The package's programs: the CLI, whose commands stay chunks of their own; two helpers that outlive it; and what travels to other hosts.

import { defineConfig } from 'tsdown';

import { bundled, oneProgram } from '../../scripts/one-file.ts';

const here = { cwd: import.meta.dirname, outDir: 'dist' };

/** Each file takes most of a millisecond to load: what is always loaded together is one. The first group that wants a module has it. */
const groups = [
  { name: 'base', tags: ['$initial' as const], test: /^(?!.*\/cli\/src\/main\.ts$)/, priority: 5 },
  { name: 'zod', test: /node_modules\/zod\//, priority: 4 },
  {
    name: 'small',
    test: /packages\/(kit\/src\/(defined|nearest-names)|config\/src\/(user-config-path|project\/project-file))/,
    priority: 4,
  },
  { name: 'protocol', test: /packages\/protocol\/src\//, priority: 3 },
  { name: 'config', test: /packages\/config\/src\/load-config\.ts$/, priority: 2 },
  { name: 'session', test: /cli\/src\/open-cli-session\.ts$/, priority: 1 },
];

export default defineConfig([
  {
    ...bundled('main'),
    ...here,
    entry: { main: 'src/main.ts' },
    clean: true,
    minify: true,
    // Flat: the code looks for bundles and helpers beside itself.
    outputOptions: { chunkFileNames: '[name]-[hash].mjs', codeSplitting: { groups: groups } },
    copy: [
      { from: '../../apps/node-agent/dist/agent.*', to: 'dist/bundles' },
      { from: '../../apps/control/dist/control.*', to: 'dist/bundles' },
      { from: '../../apps/gateway/dist/gateway.*', to: 'dist/bundles' },
      { from: '../engine-sim/dist/engine-sim.*', to: 'dist/bundles' },
      { from: '../../infra/bastion/gate', to: 'dist/bundles' },
      { from: '../../docs/fairlead.1', to: 'dist' },
    ],
  },
  oneProgram('bench', { ...here, outDir: 'dist/bundles' }),
  oneProgram('probe', { ...here, outDir: 'dist/bundles' }),
  oneProgram('reaper', here),
  oneProgram('local-runner', here),
]);
