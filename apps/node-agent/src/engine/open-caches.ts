// Looks which directories of the settings an engine may use for its caches on this node, and makes its own there.

import { access, constants, lstat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CachePlaces } from '@fairlead/engines';
import { errorText, type Log } from '@fairlead/kit';

export interface CacheSettings {
  cacheDir?: string | undefined;
  scratchDir?: string | undefined;
}

/** Never rejects: without a cache of its own the engine uses its default. What cannot be used is logged, with the reason. */
export async function openCaches(
  { cacheDir, scratchDir }: CacheSettings,
  log: Log,
): Promise<Omit<CachePlaces, 'directory'>> {
  const tried = async (path: string, open: (path: string) => Promise<void>): Promise<boolean> => {
    try {
      await open(path);
      return true;
    } catch (error) {
      const fields = { op: 'cache.open', ok: false, path, error: errorText(error) };
      log.warn(fields, 'the engine cannot write its caches there');
      return false;
    }
  };
  const shared = cacheDir === undefined ? undefined : { path: cacheDir, isWritable: await tried(cacheDir, openShared) };
  const own = scratchDir === undefined ? undefined : join(scratchDir, `fairlead-cache-${process.getuid?.() ?? 0}`);
  const local = own !== undefined && shared?.isWritable !== true && (await tried(own, openOwn)) ? own : undefined;
  return { shared, local };
}

async function openShared(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  await access(path, constants.W_OK);
}

/** The engine runs what it finds in this cache: another user of the node must not have made it. */
async function openOwn(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const found = await lstat(path);
  if (!found.isDirectory() || found.uid !== process.getuid?.() || (found.mode & 0o022) !== 0)
    throw new Error('it is not a directory in which this user alone may write');
}

/** Makes the directories of an engine's variables. One that cannot be made is left to the engine, or to its container, which names it. */
export async function makeDirectories(paths: readonly string[], log: Log): Promise<void> {
  for (const path of paths) {
    await mkdir(path, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
      log.warn({ op: 'cache.make', ok: false, path, error: errorText(error) }, 'cannot make this directory');
    });
  }
}
