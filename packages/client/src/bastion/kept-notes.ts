// Notes beside the profile, one line each, that spare the next command a piece of work. Only aids: a note that cannot be read or written
// changes nothing else.

import { randomUUID } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';

import { errnoOf } from '@fairlead/kit';

/** Which route to the bastion was taken last: the next command does not wait long for a better one that is gone. */
export const routeNote = (profileFile: string): string => `${profileFile}.route`;

/** The configuration that this profile was last held against. */
export const configNote = (profileFile: string): string => `${profileFile}.config`;

/** Undefined if there is no note, or the system cannot read it; the caller then works without it. */
export async function readNote(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim() || undefined;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

/** Atomic; rejects where it cannot be written. */
export async function writeNote(path: string, line: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  await writeFile(temporary, `${line}\n`, { mode: 0o600 });
  await rename(temporary, path);
}
