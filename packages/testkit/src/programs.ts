// Where the programs are that tests start: as built for this run of the tests, else their sources.

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defined } from '@fairlead/kit';

export type ProgramName = 'cli' | 'agent' | 'control' | 'engine-sim';

const root = fileURLToPath(new URL('../../..', import.meta.url));

const sources: Record<ProgramName, string> = {
  cli: 'packages/cli/src/main.ts',
  agent: 'apps/node-agent/src/main.ts',
  control: 'apps/control/src/main.ts',
  'engine-sim': 'packages/engine-sim/src/main.ts',
};

/** The program's file. `FAIRLEAD_BUILT` is set by scripts/build-for-tests.ts: its folder is laid out as the package is. */
export function programFile(name: ProgramName): string {
  const { FAIRLEAD_BUILT: folder } = process.env;
  if (folder === undefined) return join(root, sources[name]);
  return join(folder, 'dist', name === 'cli' ? 'main.mjs' : `bundles/${name}.mjs`);
}

/** What Node is started with, up to the program's own arguments. */
export function programArgs(name: ProgramName): string[] {
  const file = programFile(name);
  return file.endsWith('.ts') ? ['--conditions=fairlead-source', file] : [file];
}

/** The same as a line of a shell, up to the program's own arguments. */
export function commandLine(name: ProgramName): string {
  return [process.execPath, ...programArgs(name)].map((word) => `'${word}'`).join(' ');
}

/** The program from its sources, whatever has been built: for what only a checkout does. */
export function sourceArgs(name: ProgramName): string[] {
  return ['--conditions=fairlead-source', join(root, sources[name])];
}

/** Where the tests share what Node compiles, a program with an environment of its own does too. */
export function compileCache(): Record<string, string> {
  const { NODE_COMPILE_CACHE } = process.env;
  return defined({ NODE_COMPILE_CACHE });
}
