// One file, dist/control.mjs, that runs in an empty directory on Node 22.18 and newer.

import { defineConfig } from 'tsdown';

export default defineConfig({
  entry: { control: 'src/main.ts' },
  format: 'esm',
  platform: 'node',
  target: 'node22',
  dts: false,
  minify: true,
  fixedExtension: true,
  define: { __dirname: 'import.meta.dirname', __filename: 'import.meta.filename' },
  deps: { alwaysBundle: [/.*/], onlyBundle: false },
  outputOptions: { codeSplitting: false },
  // Workspace sources are bundled as they are; they need no build of their own.
  inputOptions: { resolve: { conditionNames: ['fairlead-source', 'import', 'node', 'default'] } },
});
