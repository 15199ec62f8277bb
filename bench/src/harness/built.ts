// The shipped programs: builds one when it is not built, or when a source is newer than the build.

import { execFile } from 'node:child_process';
import { glob, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { errnoOf } from '@fairlead/kit';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../..', import.meta.url));

interface Program {
  folder: string;
  file: string;
  after?: readonly BuiltProgram[];
}
export type BuiltProgram = 'agent' | 'control' | 'gateway' | 'engine-sim' | 'cli';

const programs: Record<BuiltProgram, Program> = {
  agent: { folder: 'apps/node-agent', file: 'agent.mjs' },
  control: { folder: 'apps/control', file: 'control.mjs' },
  gateway: { folder: 'apps/gateway', file: 'gateway.mjs' },
  'engine-sim': { folder: 'packages/engine-sim', file: 'engine-sim.mjs' },
  cli: { folder: 'packages/cli', file: 'main.mjs', after: ['agent', 'control', 'gateway', 'engine-sim'] },
};

/** Resolves with the program's path. */
export async function built(name: BuiltProgram): Promise<string> {
  const { folder, file, after = [] } = programs[name];
  for (const other of after) await built(other);
  const path = join(root, folder, 'dist', file);
  const sources = await Promise.all([folder, 'packages'].map((source) => newestMs(join(root, source))));
  if ((await changedMs(path)) < Math.max(...sources))
    await run(process.execPath, [join(root, folder, 'node_modules/tsdown/dist/run.mjs')], { cwd: join(root, folder) });
  return path;
}

/** Of the sources in a folder and the folders in it, at whatever depth. */
async function newestMs(folder: string): Promise<number> {
  const sources = await Array.fromAsync(glob('**/src/**/*.ts', { cwd: folder, exclude: isNoSource }));
  return Math.max(0, ...(await Promise.all(sources.map((name) => changedMs(join(folder, name))))));
}

function isNoSource(name: string): boolean {
  return name === 'node_modules' || name.endsWith('.test.ts');
}

/** 0 when there is no file. */
async function changedMs(path: string): Promise<number> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return 0;
    throw error;
  }
}
