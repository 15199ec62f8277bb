// How a program of ours becomes one file that runs in an empty folder: used by `pnpm build` and by the CLI's bundling on demand.

import type { UserConfig } from 'tsdown';

export interface OneFileOptions {
  /** The output's name without `.mjs`. */
  name: string;
  /** The entry, absolute or relative to `cwd`. */
  entry: string;
  cwd: string;
  outDir: string;
}

export function oneFile(options: OneFileOptions): UserConfig {
  return {
    cwd: options.cwd,
    entry: { [options.name]: options.entry },
    outDir: options.outDir,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    dts: false,
    minify: true,
    clean: false,
    fixedExtension: true,
    // ssh2 reads __dirname when it is loaded; an ES module has none.
    define: { __dirname: 'import.meta.dirname', __filename: 'import.meta.filename' },
    deps: { alwaysBundle: [/.*/], onlyBundle: false },
    outputOptions: { codeSplitting: false },
    inputOptions: { resolve: { conditionNames: ['fairlead-source', 'import', 'node', 'default'] } },
    plugins: [
      {
        // Native add-ons cannot travel in one file; ssh2 falls back to node:crypto when they throw.
        name: 'no-native-addons',
        resolveId: { filter: { id: /^cpu-features$|sshcrypto\.node$/ }, handler: () => '\0no-native-addon' },
        load: {
          filter: { id: /^\0no-native-addon$/ },
          handler: () => 'module.exports = undefined; throw new Error("not in the bundle");',
        },
      },
    ],
  };
}
