// Notes of one line each, in files beside the profile, that save the next command some work. A note that cannot be read or written has no
// other effect.

import { randomUUID } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';

import { errnoOf } from '@fairlead/kit';

/** The route to the bastion that was taken last. The next command does not wait long for a better route that is gone. */
export const routeNote = (profileFile: string): string => `${profileFile}.route`;

/** A hash of the configuration that this profile last matched. */
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
