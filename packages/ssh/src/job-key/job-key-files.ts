// Lists the files of job keys in a directory, for a job's login. Reads names and dates only: the login shows whether a key is accepted.

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { errnoOf, errorText } from '@fairlead/kit';

import { sshError } from '../ssh-error.ts';

const keyName = /^job-[0-9a-f]+$/;
/** sshd hangs up after 6 keys (sshd_config: MaxAuthTries); one or two old keys may stand beside a renewed one. */
const maxOffered = 4;

/** Paths below `dir`, the newest key first, because authorized_keys has the line of that one. Rejects with `key_unreadable` if there is no key. */
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
      hint: 'The next `fairlead deploy` on this cluster makes a new key there; the job looks again automatically.',
      retryable: true,
      cause,
    },
  );
}
