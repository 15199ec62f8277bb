// Vitest's global setup for tests that start programs: builds the programs once, as `pnpm build` does, into a folder named by
// their sources, and tells the tests its path. A built program starts in a fifth of the time.

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, cp, lstat, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build, type UserConfig } from 'tsdown';

import control from '../apps/control/tsdown.config.ts';
import gateway from '../apps/gateway/tsdown.config.ts';
import agent from '../apps/node-agent/tsdown.config.ts';
import cli from '../packages/cli/tsdown.config.ts';
import engineSim from '../packages/engine-sim/tsdown.config.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const cache = join(root, 'node_modules/.cache/built-for-tests');
const dayMs = 86_400_000;
/** The files that a build depends on: all except tests. */
const sources = ['packages', 'apps', 'infra/bastion', 'scripts', 'docs/fairlead.1', 'pnpm-lock.yaml'];
const leftOut = /(^|\/)(node_modules|dist|testkit)(\/|$)|\.(test|contract)\.ts$/;

export async function setup(): Promise<void> {
  const folder = join(cache, await hashSources());
  if (!existsSync(folder)) await buildInto(folder);
  const now = new Date();
  await utimes(folder, now, now);
  await removeUnused(now.getTime());
  process.env['FAIRLEAD_BUILT'] = folder;
}

async function hashSources(): Promise<string> {
  const hash = createHash('sha256');
  for (const source of sources) {
    for (const path of await filesOf(source)) hash.update(`${path}\0`).update(await readFile(join(root, path)));
  }
  return hash.digest('hex').slice(0, 16);
}

async function filesOf(path: string): Promise<string[]> {
  const found = await lstat(join(root, path));
  if (!found.isDirectory()) return found.isFile() ? [path] : [];
  const names = await readdir(join(root, path));
  const inside = names.map((name) => `${path}/${name}`).filter((one) => !leftOut.test(one));
  return (await Promise.all(inside.map(filesOf))).flat().sort();
}

/** Has the layout of the package. Another test run may build the same folder: the first one to finish wins. */
async function buildInto(folder: string): Promise<void> {
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, '.build-'));
  try {
    const bundles = join(work, 'dist/bundles');
    for (const config of [cli].flat()) await run({ ...withRunCommand(config), copy: [] }, work);
    for (const config of [agent, control, gateway, engineSim].flat())
      await run({ ...config, outDir: 'dist/bundles' }, work);
    await cp(join(root, 'infra/bastion/gate'), join(bundles, 'gate'));
    await cp(join(root, 'docs/fairlead.1'), join(work, 'dist/fairlead.1'));
    await cp(join(root, 'packages/cli/package.json'), join(work, 'package.json'));
    // mkdtemp makes it 0700; the users of a testbed have to run it too.
    await chmod(work, 0o755);
    await rename(work, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Beside the CLI's program, what runs a command of it within a test. */
function withRunCommand(config: UserConfig): UserConfig {
  const { entry } = config;
  if (typeof entry !== 'object' || Array.isArray(entry) || !('main' in entry)) return config;
  return { ...config, entry: { ...entry, 'run-command': join(root, 'packages/cli/src/testing/run-command.ts') } };
}

async function run(config: UserConfig, work: string): Promise<void> {
  const outDir = join(work, String(config.outDir));
  await build({ ...config, outDir, clean: false, config: false, logLevel: 'error', report: false });
}

/** Removes builds of older sources; a test run that still needs one began today. */
async function removeUnused(nowMs: number): Promise<void> {
  for (const name of await readdir(cache)) {
    const path = join(cache, name);
    // Another run may have made the same folder meanwhile.
    const found = await stat(path).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    });
    if (found && nowMs - found.mtimeMs > dayMs) await rm(path, { recursive: true, force: true });
  }
}
