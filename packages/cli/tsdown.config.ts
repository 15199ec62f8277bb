// The package's programs: the CLI, whose commands stay chunks of their own; two helpers that outlive it; and what travels to other hosts.

import { join } from 'node:path';

import { defineConfig, type Rolldown } from 'tsdown';

import { bundled, oneProgram } from '../../scripts/one-file.ts';

const here = { cwd: import.meta.dirname, outDir: 'dist' };

/** Files of some lines that most commands need. */
const small = /packages\/(kit\/src\/(defined|nearest-names)|config\/src\/(user-config-path|project\/project-file))/;

/** Each file takes most of a millisecond to load: what is always loaded together is one. The first group that wants a module has it. */
const groups = [
  { name: importedBy('base', 'src/run-command-line.ts', small), priority: 5 },
  { name: 'zod', test: /node_modules\/zod\//, priority: 4 },
  // Three parts: what a login needs, what control's answers need, and the rest.
  {
    name: 'profile',
    test: /packages\/protocol\/src\/(address|bounds|codec|errors|gate-line|ids|profile|secret-text)\.ts$/,
    priority: 4,
  },
  {
    name: 'answers',
    test: /packages\/protocol\/src\/(api|instance|lead-instance|log-source|node|pick-endpoint|version-range|watch)\.ts$/,
    priority: 3,
  },
  { name: 'spec', test: /packages\/protocol\/src\/spec(-defaults)?\.ts$/, priority: 3 },
  { name: 'config', test: /packages\/config\/src\/load-config\.ts$/, priority: 2 },
  { name: 'words', test: /cli\/src\/(output\/table|commands\/(list-text|instance-words))\.ts$/, priority: 1 },
  { name: 'session', test: /cli\/src\/open-cli-session\.ts$/, priority: 1 },
  { name: 'login', test: /ssh\/src\/connection\/handshake\.ts$/, priority: 1 },
  { name: 'control-api', test: /client\/src\/control\/control-api\.ts$/, priority: 1 },
];

/** Names the group of what `root` imports, itself or by other modules, and of what `more` matches. What is imported later does not count. */
function importedBy(
  group: string,
  root: string,
  more: RegExp,
): (id: string, context: Rolldown.ChunkingContext) => string | null {
  let members: Set<string> | undefined;
  return (id, context) => {
    members ??= closureOf(join(import.meta.dirname, root), (of) => context.getModuleInfo(of)?.importedIds ?? []);
    return members.has(id) || more.test(id) ? group : null;
  };
}

function closureOf(root: string, importsOf: (id: string) => readonly string[]): Set<string> {
  const members = new Set([root]);
  for (const id of members) for (const imported of importsOf(id)) members.add(imported);
  return members;
}

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
