// Looks which directories of the settings an engine may use for its caches on this node, and makes its own there.

import { access, constants, lstat, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { CachePlaces } from '@fairlead/engines';
import { errnoOf, errorText, type Log } from '@fairlead/kit';

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
  await makePath(path);
  await access(path, constants.W_OK);
}

/** The engine runs what it finds in this cache: another user of the node must not have made it. */
async function openOwn(path: string): Promise<void> {
  await makePath(path);
  const found = await lstat(path);
  if (!found.isDirectory() || found.uid !== process.getuid?.() || (found.mode & 0o022) !== 0)
    throw new Error('it is not a directory in which this user alone may write');
}

/** Makes the directories of an engine's variables. One that cannot be made is left to the engine, or to its container, which names it. */
export async function makeDirectories(paths: readonly string[], log: Log): Promise<void> {
  for (const path of paths) {
    await makePath(path).catch((error: unknown) => {
      log.warn({ op: 'cache.make', ok: false, path, error: errorText(error) }, 'cannot make this directory');
    });
  }
}

/** Not Node's own `recursive`, which tries for ever where a directory is there and takes no entry (ENOENT), such as below autofs. */
async function makePath(path: string): Promise<void> {
  if (await isMade(path)) return;
  await makePath(dirname(path));
  if (!(await isMade(path))) throw new Error(`the directory above ${path} takes no entry`);
}

/** False where the directory above is missing. */
async function isMade(path: string): Promise<boolean> {
  try {
    await mkdir(path, { mode: 0o700 });
    return true;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT') return false;
    // A root that may not be written, too: that it is there is what counts.
    if (errno === 'EEXIST' || errno === 'EISDIR' || errno === 'EROFS') return true;
    throw error;
  }
}
