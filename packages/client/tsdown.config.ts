// The SDK as a package: our own packages, and what it speaks SSH and WebSocket with, are in it; zod's types are part of its types.

import { defineConfig } from 'tsdown';

import { bundled } from '../../scripts/one-file.ts';

const common = bundled('index');

export default defineConfig({
  ...common,
  entry: 'src/index.ts',
  outDir: 'dist',
  clean: true,
  dts: true,
  deps: { ...common.deps, neverBundle: ['zod'] },
});
