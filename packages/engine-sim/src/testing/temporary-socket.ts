// A path for a unix socket in a directory of its own, short enough for every system.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TemporarySocket extends Disposable {
  readonly path: string;
  readonly directory: string;
}

export function temporarySocket(): TemporarySocket {
  const directory = mkdtempSync(join(tmpdir(), 'es-'));
  return {
    path: join(directory, 'e.sock'),
    directory,
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}
