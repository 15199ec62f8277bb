// Runs a program that uses the SDK as a user would: a file of its own in a folder that has the packages, by plain `node`.

import { execFile } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const packages = new URL('../../', import.meta.url);

export interface ProgramEnd {
  code: number | string | null;
  stdout: string;
  stderr: string;
}

/** A folder in which `@fairlead/client` and `openai` can be imported. */
export async function makeProgramFolder(folder: string): Promise<void> {
  for (const [name, target] of [
    ['@fairlead/client', 'client'],
    ['openai', 'client/node_modules/openai'],
    ['@types/node', '../node_modules/@types/node'],
  ] as const) {
    const link = join(folder, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(fileURLToPath(new URL(target, packages)), link);
  }
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
}

export interface ProgramOptions {
  env: Record<string, string>;
  /** Further arguments of node, before the file. */
  node?: readonly string[];
}

/** How long a program may take, ending by itself included. */
const timeoutMs = 50_000;

export function runProgram(file: string, { env, node = [] }: ProgramOptions): Promise<ProgramEnd> {
  const args = ['--conditions=fairlead-source', '--disable-warning=ExperimentalWarning', ...node, file];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env, timeout: timeoutMs }, (error, stdout, stderr) =>
      resolve({ code: error ? (error.code ?? error.signal ?? null) : 0, stdout, stderr }),
    );
  });
}
