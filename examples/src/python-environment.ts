// The Python clients need Python 3.10 or newer and their packages: a virtual environment, made once.

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const requirements = fileURLToPath(new URL('../python/requirements.txt', import.meta.url));
const check = 'import sys; sys.exit(0 if sys.version_info >= (3, 10) else 1)';

export type PythonEnvironment = { bin: string } | { missing: string };

/** Installs what is missing, which takes a minute the first time. */
export async function findPythonEnvironment(): Promise<PythonEnvironment> {
  const dir = environmentDir();
  const bin = join(dir, 'bin');
  if (existsSync(join(dir, 'complete'))) return { bin };
  try {
    await run('python3', ['-c', check]);
  } catch {
    // Python is missing or too old: in both cases the examples cannot run.
    return { missing: 'no Python 3.10 or newer is here' };
  }
  try {
    await rm(dir, { recursive: true, force: true });
    await mkdir(dir, { recursive: true });
    await run('python3', ['-m', 'venv', dir]);
    await run(join(bin, 'python'), [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--no-deps',
      '--no-compile',
      '--requirement',
      requirements,
    ]);
    await writeFile(join(dir, 'complete'), '');
    return { bin };
  } catch (error) {
    return {
      missing: `their packages cannot be installed: ${String((error as { stderr?: string }).stderr ?? error)
        .trim()
        .slice(-300)}`,
    };
  }
}

/** Named by the hash of its requirements, and outside the checkout, so that several checkouts share it. */
function environmentDir(): string {
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'fairlead', `examples-${wanted}`);
}
