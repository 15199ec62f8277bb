// Writes files and directories with exactly the given mode; the umask has no effect.

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';

/** The parent directory must exist. */
export function putDirectory(path: string, mode: number): void {
  mkdirSync(path);
  chmodSync(path, mode);
}

export function putFile(path: string, content: string | Buffer, mode: number): void {
  writeFileSync(path, content, { mode: 0o600 });
  chmodSync(path, mode);
}
