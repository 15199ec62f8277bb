// The programs that travel: each one file. In a checkout they are bundled on demand and cached by content; in a package they lie beside it.

import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

import { CodedError, errnoOf, errorText } from '@fairlead/kit';

import type { LaunchErrorCode } from '../launch-error.ts';

export interface Bundle {
  path: string;
  /** The first 16 hex digits of the content's SHA-256. */
  version: string;
}

/** `program`: as a package.json of the checkout names it. Bundling takes about a second; a cached one some milliseconds. */
export async function findBundle(program: string, cacheDir: string): Promise<Bundle> {
  const shipped = fileURLToPath(new URL(`./bundles/${program}.mjs`, import.meta.url));
  const path = import.meta.url.endsWith('.ts') ? await bundleFromSource(program, cacheDir) : shipped;
  try {
    return { path, version: await versionOf(path) };
  } catch (error) {
    throw new CodedError<LaunchErrorCode>('bundle_failed', `cannot find the program ${program} at ${path}`, {
      hint: 'Install the package again.',
      cause: error,
    });
  }
}

async function bundleFromSource(program: string, cacheDir: string): Promise<string> {
  const root = fileURLToPath(new URL('../../../..', import.meta.url));
  const bundles = join(cacheDir, 'bundles');
  try {
    const { sourceOfProgram } = await importScript<Programs>(root, 'scripts/programs.ts');
    const { folders } = sourceOfProgram(program);
    const start = `${program}-${await hashSources(root, folders)}-`;
    return (await findWhole(bundles, start)) ?? (await build({ root, program, bundles, start }));
  } catch (error) {
    throw new CodedError<LaunchErrorCode>(
      'bundle_failed',
      `cannot bundle ${program} from source: ${stripVTControlCharacters(errorText(error))}`,
      {
        hint: 'Run `pnpm install` in the checkout, then `pnpm build` to see the whole error.',
        cause: error,
      },
    );
  }
}

interface Programs {
  sourceOfProgram: (program: string) => { folders: string[] };
}

interface Recipe {
  oneProgram: (program: string, place: { cwd: string; outDir: string }) => object;
}

/** By URL: neither the bundler nor these scripts are part of the package that users install. */
async function importScript<T>(root: string, path: string): Promise<T> {
  return (await import(pathToFileURL(join(root, path)).href)) as T;
}

interface Build {
  root: string;
  program: string;
  bundles: string;
  /** Of the bundle's name. */
  start: string;
}

/** Resolves with the path of the bundle. */
async function build({ root, program, bundles, start }: Build): Promise<string> {
  const { oneProgram } = await importScript<Recipe>(root, 'scripts/one-file.ts');
  const bundler = (await import(import.meta.resolve('tsdown'))) as {
    build: (options: object) => Promise<unknown>;
  };
  await mkdir(bundles, { recursive: true });
  const outDir = await mkdtemp(join(bundles, '.build-'));
  try {
    const options = oneProgram(program, { cwd: root, outDir });
    await bundler.build({ ...options, config: false, logLevel: 'error', report: false });
    const made = join(outDir, `${program}.mjs`);
    const path = join(bundles, `${start}${await versionOf(made)}.mjs`);
    await rename(made, path);
    return path;
  } finally {
    await rm(outDir, { recursive: true, force: true });
  }
}

async function hashSources(root: string, folders: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const folder of folders) {
    const names = (await readdir(folder, { recursive: true })).filter(
      (name) => /\.(ts|json|sql)$/.test(name) && !name.endsWith('.test.ts'),
    );
    for (const name of names.sort())
      hash
        .update(name)
        .update('\0')
        .update(await readFile(join(folder, name)));
  }
  for (const file of ['pnpm-lock.yaml', 'scripts/one-file.ts', 'scripts/bundle-plugins.ts'])
    hash.update(await readFile(join(root, file)));
  return hash.digest('hex').slice(0, 16);
}

/** The name of a bundle ends in the version of its content: a file that was cut, or changed, is not taken. */
async function findWhole(bundles: string, start: string): Promise<string | undefined> {
  for (const name of (await namesIn(bundles)).filter((one) => one.startsWith(start))) {
    const path = join(bundles, name);
    if (name === `${start}${await versionOf(path)}.mjs`) return path;
  }
  return undefined;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}

async function versionOf(path: string): Promise<string> {
  const content = await readFile(path);
  return createHash('sha256').update(content).digest('hex').slice(0, 16);
}
