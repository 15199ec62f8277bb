// Writes the files that an engine's plan names, for this user alone. They lie in a directory of the agent.

import { rm, writeFile } from 'node:fs/promises';
import type { EngineFile } from '@fairlead/engines';

/** A file that is there is replaced. */
export async function writeFiles(files: readonly EngineFile[]): Promise<void> {
  for (const { path, text } of files) {
    await rm(path, { force: true });
    await writeFile(path, text.reveal(), { mode: 0o600, flag: 'wx' });
  }
}
