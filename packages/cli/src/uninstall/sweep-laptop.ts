// This machine's share: the profile, what was built and fetched, and the configuration where that is asked for.

import { lstat, readdir, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { configNote, profilePath, routeNote } from '@fairlead/client';
import { errnoOf, errorText } from '@fairlead/kit';

import { trustedFilesPath, userConfigPath } from '@fairlead/config';
import type { Context } from '../context.ts';
import { cacheDir } from '@fairlead/client/cache-dir';
import { compileCacheDir } from '../paths.ts';
import type { SweepMode, Swept } from './sweep-host.ts';

export async function sweepLaptop(context: Context, mode: SweepMode, withConfig: boolean): Promise<Swept[]> {
  const profile = profilePath(context.env, context.home);
  const cache = cacheDir(context);
  const config = userConfigPath(context.env, context.home);
  const caches = [join(cache, 'bundles'), join(cache, 'runtimes'), compileCacheDir(context)];
  const trusted = trustedFilesPath(context.env, context.home);
  const notes = [routeNote(profile), configNote(profile)];
  const ours = [profile, ...notes, trusted, ...caches, ...(withConfig ? [config] : [])];
  const swept: Swept[] = [];
  for (const path of ours) swept.push(...(await drop(path, mode)));
  const folders = [dirname(profile), dirname(trusted), cache, ...(withConfig ? [dirname(config)] : [])];
  for (const folder of new Set(folders)) swept.push(...(await close(folder, mode, swept)));
  if (!withConfig && (await isThere(config)))
    swept.push({ ...here, path: config, kind: 'left', why: 'it is yours: --with-config removes it' });
  return swept;
}

const here = { host: 'this machine' };

async function drop(path: string, mode: SweepMode): Promise<Swept[]> {
  if (!(await isThere(path))) return [];
  try {
    if (mode === 'remove') await rm(path, { recursive: true });
    return [{ ...here, path, kind: 'removed' }];
  } catch (error) {
    return [{ ...here, path, kind: 'left', why: errorText(error) }];
  }
}

/** A folder of our name goes when nothing else is in it. */
async function close(folder: string, mode: SweepMode, swept: readonly Swept[]): Promise<Swept[]> {
  if (basename(folder) !== 'fairlead' || !(await isThere(folder))) return [];
  const gone = new Set(swept.filter(({ kind }) => kind === 'removed').map(({ path }) => path));
  const others = (await readdir(folder)).map((name) => join(folder, name)).filter((path) => !gone.has(path));
  if (others.length > 0)
    return others.map((path) => ({ ...here, path, kind: 'left', why: 'it is not known to be ours' }));
  if (mode === 'remove') await rmdir(folder);
  return [{ ...here, path: folder, kind: 'removed' }];
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return false;
    throw error;
  }
}
