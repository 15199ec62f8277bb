import { defineConfig } from 'tsdown';

// One file, nothing beside it: it is copied to the cluster as it is.
export default defineConfig({
  entry: { 'engine-sim': 'src/main.ts' },
  format: 'esm',
  platform: 'node',
  target: 'node24',
  dts: false,
  minify: true,
  fixedExtension: true,
  deps: { alwaysBundle: [/.*/], onlyBundle: false },
  outputOptions: { codeSplitting: false },
  inputOptions: { resolve: { conditionNames: ['fairlead-source', 'import', 'node', 'default'] } },
});
