// The files of job keys in a directory of this host, as a job reads them. Names alone: whether a key opens anything, a login tells.

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { errnoOf, errorText } from '@fairlead/kit';

import { sshError } from '../ssh-error.ts';

const keyName = /^job-[0-9a-f]+$/;
/** As many as sshd hears before it hangs up is 6 (sshd_config: MaxAuthTries); a renewed key has one or two before it. */
const maxOffered = 4;

/** Absolute paths, the newest key first: it is the one whose line is in place. Rejects with `key_unreadable` where there is none. */
export async function listJobKeyFiles(dir: string): Promise<string[]> {
  const files = await namesIn(dir);
  const dated = await Promise.all(files.map(async (file) => ({ file, atMs: await writtenAt(file) })));
  const there = dated.filter((key): key is { file: string; atMs: number } => key.atMs !== undefined);
  if (there.length === 0) throw noKey(dir, 'there is no key in it');
  return there
    .toSorted((left, right) => right.atMs - left.atMs)
    .slice(0, maxOffered)
    .map(({ file }) => file);
}

async function namesIn(dir: string): Promise<string[]> {
  let names: string[];
  try {
    names = await readdir(dir);
  } catch (error) {
    throw noKey(dir, errorText(error), error);
  }
  return names.filter((name) => keyName.test(name)).map((name) => join(dir, name));
}

/** Undefined for a key that another laptop has just removed. */
async function writtenAt(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).mtimeMs;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw noKey(file, errorText(error), error);
  }
}

function noKey(path: string, why: string, cause?: unknown) {
  return sshError(
    'key_unreadable',
    `cannot log in to the bastion because the job's key in ${path} cannot be read: ${why}`,
    {
      hint: 'Any `fairlead deploy` on this cluster puts a key there again; the job looks again by itself.',
      retryable: true,
      cause,
    },
  );
}
