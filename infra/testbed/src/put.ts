// Writes files and directories with exactly the mode asked for, whatever the umask.

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';

/** The parent must be there already. */
export function putDirectory(path: string, mode: number): void {
  mkdirSync(path);
  chmodSync(path, mode);
}

export function putFile(path: string, content: string | Buffer, mode: number): void {
  writeFileSync(path, content, { mode: 0o600 });
  chmodSync(path, mode);
}
