// Files with secrets, for this account alone.

import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

import { writeWholeFile } from '@fairlead/kit';

/** Atomically, mode 0600 from the first byte; leaves nothing else, also where the disk is full. Makes its folder, for this account alone. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeWholeFile(path, text, { syncs: true });
}

/** Throws where there is no such file. Windows has no mode bits to judge; the file lies in the user's own folder there. */
export async function isReadableByOthers(path: string): Promise<boolean> {
  if (process.platform === 'win32') return false;
  const found = await stat(path);
  return found.isFile() && (found.mode & 0o077) !== 0;
}
