// What the configuration is made of, as one hash. While neither it nor the profile has changed, a command that only asks control needs not
// load it, which takes a tenth of the command's time.

import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { projectFile, userConfigPath } from '@fairlead/config';
import { defined, errnoOf } from '@fairlead/kit';
import type { LaptopProfile } from '@fairlead/protocol';

import type { Context } from '../context.ts';

/** A configuration has a few KiB. */
const maxBytes = 1024 * 1024;

/** Base64. Undefined where a project's file has a say, whose worth is more than its text, and where something cannot be read. */
export async function hashOfConfig(
  profile: LaptopProfile,
  { env, home, cwd, flags }: Pick<Context, 'env' | 'home' | 'cwd' | 'flags'>,
): Promise<string | undefined> {
  try {
    if (flags.config === undefined && (await isInProject(cwd))) return undefined;
    const file = flags.config ?? userConfigPath(env, home);
    const settings = Object.entries(env).filter(([name]) => name.startsWith('FAIRLEAD_'));
    const parts = { file, text: await textOf(file), settings, bastion: profile.bastion };
    return createHash('sha256')
      .update(JSON.stringify(defined(parts)))
      .digest('base64');
  } catch (error) {
    // `loadConfig` runs next and reports the file that cannot be read.
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

/** Undefined where there is no such file. */
async function textOf(path: string): Promise<string | undefined> {
  const stats = await unlessMissing(stat(path));
  if (!stats) return undefined;
  // Of a pipe or a device nothing is read: it might wait for ever.
  if (!stats.isFile() || stats.size > maxBytes)
    throw Object.assign(new Error('no file of settings'), { code: 'EINVAL' });
  return readFile(path, 'utf8');
}

async function isInProject(cwd: string): Promise<boolean> {
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (await unlessMissing(stat(join(folder, projectFile)))) return true;
    if (dirname(folder) === folder) return false;
  }
}

async function unlessMissing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) throw error;
    return undefined;
  }
}
