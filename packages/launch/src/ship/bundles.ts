// The programs that travel: each one file. In a checkout they are bundled on demand and cached by content; in a package they lie beside it.

import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

import { CodedError, errnoOf, errorText } from '@fairlead/kit';

import type { LaunchErrorCode } from '../launch-error.ts';

export type Program = 'agent' | 'control' | 'engine-sim' | 'probe' | 'bench';

const sources: Record<Program, { entry: string; folders: string[] }> = {
  agent: {
    entry: 'apps/node-agent/src/main.ts',
    folders: [
      'apps/node-agent/src',
      'packages/carrier/src',
      'packages/engines/src',
      'packages/kit/src',
      'packages/openai-wire/src',
      'packages/protocol/src',
      'packages/scheduler/src',
      'packages/ssh/src',
    ],
  },
  control: {
    entry: 'apps/control/src/main.ts',
    folders: ['apps/control/src', 'apps/control/drizzle', 'packages/kit/src', 'packages/protocol/src'],
  },
  'engine-sim': { entry: 'packages/engine-sim/src/main.ts', folders: ['packages/engine-sim/src', 'packages/kit/src'] },
  bench: {
    entry: 'packages/cli/src/commands/bench/on-node/main.ts',
    folders: [
      'packages/cli/src/commands/bench',
      'packages/cli/src/output/lines',
      'packages/kit/src',
      'packages/openai-wire/src',
      'packages/protocol/src',
    ],
  },
  probe: {
    entry: 'packages/cli/src/doctor/probe/main.ts',
    folders: ['packages/cli/src/doctor/probe', 'packages/kit/src', 'packages/protocol/src', 'packages/ssh/src'],
  },
};

export interface Bundle {
  path: string;
  /** The first 16 hex digits of the content's SHA-256. */
  version: string;
}

/** Bundling takes about a second; a cached one some milliseconds. */
export async function findBundle(program: Program, cacheDir: string): Promise<Bundle> {
  const shipped = fileURLToPath(new URL(`./bundles/${program}.mjs`, import.meta.url));
  const path = import.meta.url.endsWith('.ts') ? await bundleFromSource(program, cacheDir) : shipped;
  try {
    const version = createHash('sha256')
      .update(await readFile(path))
      .digest('hex')
      .slice(0, 16);
    return { path, version };
  } catch (error) {
    throw new CodedError<LaunchErrorCode>('bundle_failed', `cannot find the program ${program} at ${path}`, {
      hint: 'Install the package again.',
      cause: error,
    });
  }
}

async function bundleFromSource(program: Program, cacheDir: string): Promise<string> {
  const root = fileURLToPath(new URL('../../../..', import.meta.url));
  const cached = join(cacheDir, 'bundles', `${program}-${await hashSources(root, program)}.mjs`);
  if (await exists(cached)) return cached;
  await mkdir(join(cacheDir, 'bundles'), { recursive: true });
  const workDir = await mkdtemp(join(cacheDir, 'bundles', '.build-'));
  try {
    await build(root, program, workDir);
    await rename(join(workDir, `${program}.mjs`), cached);
  } catch (error) {
    throw new CodedError<LaunchErrorCode>(
      'bundle_failed',
      `cannot bundle ${program} from source: ${stripVTControlCharacters(errorText(error))}`,
      {
        hint: 'Run `pnpm install` in the checkout, then `pnpm build` to see the whole error.',
        cause: error,
      },
    );
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
  return cached;
}

async function build(root: string, program: Program, outDir: string): Promise<void> {
  // By URL: neither the bundler nor the recipe is part of the package that users install.
  const recipe = (await import(pathToFileURL(join(root, 'scripts/one-file.ts')).href)) as {
    oneFile(options: object): object;
  };
  const bundler = (await import(import.meta.resolve('tsdown'))) as {
    build: (options: object) => Promise<unknown>;
  };
  const options = recipe.oneFile({ name: program, entry: join(root, sources[program].entry), cwd: root, outDir });
  await bundler.build({ ...options, config: false, logLevel: 'error', report: false });
}

async function hashSources(root: string, program: Program): Promise<string> {
  const hash = createHash('sha256');
  for (const folder of sources[program].folders) {
    const names = (await readdir(join(root, folder), { recursive: true })).filter(
      (name) => /\.(ts|json|sql)$/.test(name) && !name.endsWith('.test.ts'),
    );
    for (const name of names.sort())
      hash
        .update(name)
        .update('\0')
        .update(await readFile(join(root, folder, name)));
  }
  for (const file of ['pnpm-lock.yaml', 'scripts/one-file.ts']) hash.update(await readFile(join(root, file)));
  return hash.digest('hex').slice(0, 16);
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}
