// One file, for a compute node that has a Node and nothing else.

import { defineConfig } from 'tsdown';

export default defineConfig({
  entry: { agent: 'src/main.ts' },
  format: 'esm',
  platform: 'node',
  target: 'node22',
  dts: false,
  minify: true,
  fixedExtension: true,
  // ssh2 looks for its own place while it loads.
  define: { __dirname: 'import.meta.dirname', __filename: 'import.meta.filename' },
  deps: { alwaysBundle: [/.*/], onlyBundle: false },
  outputOptions: { codeSplitting: false },
  inputOptions: { resolve: { conditionNames: ['fairlead-source', 'import', 'node', 'default'] } },
  plugins: [
    {
      // Native parts that cannot travel in one file: ssh2 does without them when they cannot be loaded.
      name: 'stub-native',
      resolveId: { filter: { id: /^cpu-features$|sshcrypto\.node$/ }, handler: () => '\0native-stub' },
      load: { filter: { id: /^\0native-stub$/ }, handler: () => 'module.exports; throw new Error("not bundled")' },
    },
  ],
});
