// A hash of everything that the configuration is made of. While neither the configuration nor the profile has changed, a command that only
// asks control or connects does not load the configuration, which takes a tenth of the command's time.

import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { projectFile, userConfigPath } from '@fairlead/config';
import { defined, errnoOf } from '@fairlead/kit';
import type { LaptopProfile } from '@fairlead/protocol';

import type { Context } from '../context.ts';

/** A configuration has a few KiB; a larger file is not hashed. */
const maxBytes = 1024 * 1024;

/**
 * Base64. Undefined where a project's file applies, because whether the user trusts that file counts too, and where a file cannot be read
 * or is no regular file: `loadConfig`, which the caller runs then, reports it.
 */
export async function hashOfConfig(
  profile: LaptopProfile,
  { env, home, cwd, flags }: Pick<Context, 'env' | 'home' | 'cwd' | 'flags'>,
): Promise<string | undefined> {
  try {
    if (flags.config === undefined && (await isInProject(cwd))) return undefined;
    const file = flags.config ?? userConfigPath(env, home);
    const settings = Object.entries(env).filter(([name]) => name.startsWith('FAIRLEAD_'));
    const content = await contentOf(file);
    if (content.kind === 'unfit') return undefined;
    const text = content.kind === 'text' ? content.text : undefined;
    const parts = { file, text, settings, bastion: profile.bastion };
    return createHash('sha256')
      .update(JSON.stringify(defined(parts)))
      .digest('base64');
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

type Content = { kind: 'text'; text: string } | { kind: 'missing' } | { kind: 'unfit' };

async function contentOf(path: string): Promise<Content> {
  const stats = await unlessMissing(stat(path));
  if (!stats) return { kind: 'missing' };
  // A pipe or a device is not read: that may wait for ever.
  if (!stats.isFile() || stats.size > maxBytes) return { kind: 'unfit' };
  return { kind: 'text', text: await readFile(path, 'utf8') };
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
