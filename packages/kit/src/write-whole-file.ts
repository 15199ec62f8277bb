// Writes a file as a whole, in place of the one that is there.

import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';

export interface WriteWholeFileOptions {
  /** Waits until the content is on the disk: it then outlives a power failure. Default false. */
  syncs?: boolean;
}

/**
 * A reader finds the old content or the new one, also after a SIGKILL and on a full disk. The folder has to be there. Mode 0600 from the
 * first byte. Rejects with the error of the system, and leaves nothing beside the file then.
 */
export async function writeWholeFile(
  path: string,
  content: string,
  { syncs = false }: WriteWholeFileOptions = {},
): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await writeNew(temporary, content, syncs);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function writeNew(path: string, content: string, syncs: boolean): Promise<void> {
  await using file = await open(path, 'wx', 0o600);
  await file.writeFile(content);
  if (syncs) await file.sync();
}
