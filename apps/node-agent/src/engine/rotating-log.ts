// A 0600 log file of bounded size: when full it becomes `<name>.1` and a new one begins. Writing never holds back the
// writer: on a file system that hangs, lines are dropped and their number is said once it answers again.

import { type FileHandle, open, rename } from 'node:fs/promises';
import { errorText, type Log } from '@fairlead/kit';

export interface RotatingLogOptions {
  path: string;
  /** Of one file; there are at most two. */
  maxBytes: number;
  log: Log;
}

export interface RotatingLog extends AsyncDisposable {
  write: (block: Buffer) => void;
  /** Resolves when what was written before is in the file. */
  written: () => Promise<void>;
}

const PENDING_LIMIT_BYTES = 16 * 1024 * 1024;

export async function openRotatingLog({ path, maxBytes, log }: RotatingLogOptions): Promise<RotatingLog> {
  let file: FileHandle = await open(path, 'a', 0o600);
  await file.chmod(0o600);
  let sizeBytes = (await file.stat()).size;
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let droppedBytes = 0;
  let failing = false;
  let busy: Promise<void> | undefined;

  const rotate = async () => {
    await rename(path, `${path}.1`);
    const full = file;
    file = await open(path, 'a', 0o600);
    sizeBytes = 0;
    await full.close();
  };

  const writeOut = async () => {
    while (pending.length > 0) {
      const batch = Buffer.concat(pending);
      pending = [];
      pendingBytes = 0;
      const note = droppedBytes > 0 ? Buffer.from(`[fairlead: ${droppedBytes} bytes dropped]\n`) : Buffer.alloc(0);
      droppedBytes = 0;
      try {
        if (sizeBytes > 0 && sizeBytes + batch.length > maxBytes) await rotate();
        await file.appendFile(Buffer.concat([note, batch]));
        sizeBytes += note.length + batch.length;
        failing = false;
      } catch (error) {
        // A full disk must not end an engine that serves.
        droppedBytes += batch.length;
        if (!failing) log.warn({ op: 'log.write', path, error: errorText(error) }, 'cannot write the engine log');
        failing = true;
      }
    }
    busy = undefined;
  };

  return {
    write(block) {
      if (pendingBytes + block.length > PENDING_LIMIT_BYTES) {
        droppedBytes += block.length;
        return;
      }
      pending.push(block);
      pendingBytes += block.length;
      busy ??= writeOut();
    },
    async written() {
      await busy;
    },
    async [Symbol.asyncDispose]() {
      await busy;
      await file.close();
    },
  };
}
