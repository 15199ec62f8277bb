// Installs a real vLLM (its CPU build) and a real Ray, and makes a tiny random model. The first time downloads almost a gigabyte.

import { execFile } from 'node:child_process';
import { access, copyFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const recipe = (name: string) => fileURLToPath(new URL(`../../real-vllm/${name}`, import.meta.url));

/** The environment of vLLM: a directory that every user of every host of the testbed can read. */
export const venv = process.env['FAIRLEAD_REAL_VLLM'] ?? '/var/cache/fairlead-real-vllm';
/** The environment of Ray, which vLLM's CPU build refuses. */
export const rayVenv = process.env['FAIRLEAD_REAL_RAY'] ?? '/var/cache/fairlead-real-ray';
/** A program for its Python that does with Ray what vLLM would do, then runs its arguments. */
export const rayDriver = `${rayVenv}/ray-driver.py`;
/** Python that makes the tiny model, for the Python of that environment. */
export const modelRecipe = recipe('make-tiny-model.py');
/** The system's own Python: alice could not run one below root's home. */
export const python = '/usr/bin/python3.11';

/** Installs vLLM and Ray and makes the model, unless they are there. Returns the reason why that is impossible here. */
export async function prepareRealVllm(): Promise<string | undefined> {
  try {
    await access(python);
    await run('bash', [recipe('make-venv.sh'), venv], { env: { ...process.env, PYTHON: python } });
    await run(`${venv}/bin/python`, [modelRecipe, `${venv}/tiny`]);
    await run('bash', [recipe('make-ray-venv.sh'), rayVenv], { env: { ...process.env, PYTHON: python } });
    await copyFile(recipe('ray-driver.py'), rayDriver);
    return undefined;
  } catch (error) {
    return `vLLM or Ray cannot be had here: ${reasonOf(error)}`;
  }
}

/** The last words of the program that failed; those before them tell of each try. */
export function reasonOf(error: unknown): string {
  const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  return (lines.length > 0 ? lines.slice(-2).join(' ') : String(error)).slice(0, 300);
}
