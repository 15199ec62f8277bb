// The shipped programs: builds one when it is not built, or when a source is newer than the build.

import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { errnoOf } from '@fairlead/kit';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../..', import.meta.url));

interface Program {
  folder: string;
  file: string;
  /** Sources that are bundled in or copied. */
  of: readonly string[];
  after?: readonly BuiltProgram[];
}
export type BuiltProgram = 'agent' | 'control' | 'engine-sim' | 'cli';

const shared = ['packages/kit/src', 'packages/protocol/src', 'packages/ssh/src'];
const programs: Record<BuiltProgram, Program> = {
  agent: {
    folder: 'apps/node-agent',
    file: 'agent.mjs',
    of: [
      ...shared,
      'packages/carrier/src',
      'packages/engines/src',
      'packages/openai-wire/src',
      'packages/scheduler/src',
    ],
  },
  control: { folder: 'apps/control', file: 'control.mjs', of: shared },
  'engine-sim': { folder: 'packages/engine-sim', file: 'engine-sim.mjs', of: ['packages/kit/src'] },
  cli: {
    folder: 'packages/cli',
    file: 'main.mjs',
    of: [
      ...shared,
      ...['carrier', 'client', 'config', 'engines', 'launch', 'openai-wire', 'scheduler'].map(
        (name) => `packages/${name}/src`,
      ),
    ],
    after: ['agent', 'control', 'engine-sim'],
  },
};

/** Resolves with the program's path. */
export async function built(name: BuiltProgram): Promise<string> {
  const { folder, file, of, after = [] } = programs[name];
  for (const other of after) await built(other);
  const path = join(root, folder, 'dist', file);
  const sources = await Promise.all([`${folder}/src`, ...of].map((source) => newestMs(join(root, source))));
  if ((await changedMs(path)) < Math.max(...sources))
    await run(join(root, 'node_modules/.bin/tsdown'), [], { cwd: join(root, folder) });
  return path;
}

async function newestMs(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true });
  const sources = names.filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  return Math.max(0, ...(await Promise.all(sources.map((name) => changedMs(join(folder, name))))));
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
