// How our programs and packages are bundled, for `pnpm build` and for a checkout, which bundles on demand.

import type { UserConfig } from 'tsdown';

import { asciiOnly, lazyBuiltins, lessOfDependencies, noNativeAddons, partOfSsh2 } from './bundle-plugins.ts';
import { sourceOfProgram } from './programs.ts';
import { thirdPartyLicenses } from './third-party-licenses.ts';

interface OneFileOptions {
  /** The output's name without `.mjs`. */
  name: string;
  /** The entry, absolute or relative to `cwd`. */
  entry: string;
  cwd: string;
  outDir: string;
}

/** Inlines everything: our packages from source, without a `dist`, and all third-party code. */
export const bundled = (name: string) =>
  ({
    format: 'esm',
    platform: 'node',
    target: 'node22',
    dts: false,
    clean: false,
    fixedExtension: true,
    // ssh2 reads __dirname when it is loaded; ES modules do not have it.
    define: { __dirname: 'import.meta.dirname', __filename: 'import.meta.filename' },
    deps: { alwaysBundle: [/.*/], onlyBundle: false },
    inputOptions: { resolve: { conditionNames: ['fairlead-source', 'import', 'node', 'default'] } },
    plugins: [noNativeAddons, lazyBuiltins, partOfSsh2, lessOfDependencies, asciiOnly, thirdPartyLicenses(name)],
  }) satisfies UserConfig;

/** Bundles a program of ours, which the package.json of its owner names, into one file that runs in an empty folder. */
export function oneProgram(name: string, place: Pick<OneFileOptions, 'cwd' | 'outDir'>): UserConfig {
  return oneFile({ name, entry: sourceOfProgram(name).entry, ...place });
}

function oneFile(options: OneFileOptions): UserConfig {
  return {
    ...bundled(options.name),
    cwd: options.cwd,
    entry: { [options.name]: options.entry },
    outDir: options.outDir,
    minify: true,
    outputOptions: { codeSplitting: false },
  };
}
