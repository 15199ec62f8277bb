// Which route to the bastion was taken last: one line in a file beside the profile. With it the next command does not
// wait long for a better route that is gone. Only an aid: a file that cannot be read or written changes nothing else.

import { readFile, rename, writeFile } from 'node:fs/promises';

export function routeFilePath(profileFile: string): string {
  return `${profileFile}.route`;
}

/** The route's name; undefined where none is remembered. */
export async function readTakenRoute(profileFile: string): Promise<string | undefined> {
  try {
    return (await readFile(routeFilePath(profileFile), 'utf8')).trim() || undefined;
  } catch {
    // Without the memory all routes are asked, which is always right.
    return undefined;
  }
}

/** Atomic; rejects where it cannot be written. */
export async function writeTakenRoute(profileFile: string, name: string): Promise<void> {
  const path = routeFilePath(profileFile);
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, `${name}\n`, { mode: 0o600 });
  await rename(temporary, path);
}
