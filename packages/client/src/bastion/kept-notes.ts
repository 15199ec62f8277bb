// Notes of one line each, in files beside the profile, that save the next command some work. A note that cannot be read or written has no
// other effect.

import { readFile } from 'node:fs/promises';

import { errnoOf, writeWholeFile } from '@fairlead/kit';

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

/** Atomic; rejects where it cannot be written, and leaves nothing then. */
export async function writeNote(path: string, line: string): Promise<void> {
  await writeWholeFile(path, `${line}\n`);
}
