// How our programs and packages are bundled, for `pnpm build` and for a checkout, which bundles on demand.

import type { Rolldown, UserConfig } from 'tsdown';

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

/** Leaves native add-ons out, because they do not run on other hosts; ssh2 falls back to node:crypto when they throw. */
const noNativeAddons: Rolldown.Plugin = {
  name: 'no-native-addons',
  resolveId: { filter: { id: /^cpu-features$|sshcrypto\.node$/ }, handler: () => '\0no-native-addon' },
  load: {
    filter: { id: /^\0no-native-addon$/ },
    handler: () => 'module.exports = undefined; throw new Error("not in the bundle");',
  },
};

/**
 * An ES module's import of these reads every export, lazy ones too: `node:http` then loads undici, 20 ms of a start, `node:util` 33
 * modules, `node:crypto` Web Crypto, `node:fs` its streams, `node:process` standard input. Here each is an object of getters, which
 * loads the module when it is first used.
 */
const lazyBuiltins: Rolldown.Plugin = {
  name: 'lazy-builtins',
  resolveId: {
    filter: { id: /^(node:)?(child_process|crypto|fs|http|https|process|util)$/ },
    handler: (id) => `\0lazy-builtin:${id.replace(/^node:/, '')}`,
  },
  load: {
    filter: { id: /^\0lazy-builtin:/ },
    handler: (id) => lazyBuiltin(`node:${id.slice(id.indexOf(':') + 1)}`),
  },
};

/** A CommonJS module whose exports are read from the builtin when they are asked for. */
function lazyBuiltin(name: string): string {
  // Loaded anyway; and what it exports differs with how a process was started, so that two bundles would not be the same.
  if (name === 'node:process') return 'module.exports = process;';
  const exported = Object.keys(process.getBuiltinModule(name) ?? {});
  return `for (const name of ${JSON.stringify(exported)})
    Object.defineProperty(module.exports, name, { enumerable: true, get: () => process.getBuiltinModule('${name}')[name] });`;
}

/**
 * Escapes characters beyond Latin-1, which a program has in its texts alone: with one of them V8 keeps two bytes for each character of
 * its source, as long as the program runs.
 */
const oneByteSource: Rolldown.Plugin = {
  name: 'one-byte-source',
  generateBundle(_options, bundle) {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type === 'chunk') chunk.code = chunk.code.replaceAll(/[^\0-\xff]/g, escapeUnit);
    }
  },
};

/** Of one UTF-16 unit. */
function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
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
    plugins: [noNativeAddons, lazyBuiltins, thirdPartyLicenses(name), oneByteSource],
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
