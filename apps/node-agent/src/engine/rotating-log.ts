// A 0600 log file of bounded size: when full it becomes `<name>.1` and a new one begins. Writing never holds back the
// writer: on a file system that hangs or fails, lines are dropped, and their size is noted in the log once it can be written again.

import { type FileHandle, open, rename } from 'node:fs/promises';
import { type Clock, errnoOf, errorText, type Log, retryPassing, systemClock } from '@fairlead/kit';

export interface RotatingLogOptions {
  path: string;
  /** What it is, for messages: `the engine log`. */
  what: string;
  /** What the file says of lines that were dropped, with its end of line. */
  noteDropped: (bytes: number) => string;
  /** Of one file; there are at most two. */
  maxBytes: number;
  log: Log;
  clock?: Clock;
}

export interface RotatingLog extends AsyncDisposable {
  write: (block: Buffer) => void;
  /** Resolves when what was written before is in the file, or was dropped. Never rejects. */
  written: () => Promise<void>;
}

const maxPendingBytes = 16 * 1024 * 1024;
/** How long one batch is tried again while a condition may pass; later blocks wait in memory. */
const retryTimeoutMs = 5_000;

/** The caller disposes it. Resolves also where the file cannot be opened: each block tries again. */
export async function openRotatingLog(options: RotatingLogOptions): Promise<RotatingLog> {
  const { path, what, noteDropped, log, clock = systemClock } = options;
  const file = new BoundedFile(options);
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let droppedBytes = 0;
  let failing = false;
  let busy: Promise<void> | undefined;

  const attempt = async (work: () => Promise<unknown>) => {
    try {
      await retryPassing(work, { clock, random: () => 0.5, limitMs: failing ? 0 : retryTimeoutMs });
      if (failing) log.info({ op: 'log.write', ok: true, path, droppedBytes }, `can write ${what} again`);
      failing = false;
      return true;
    } catch (error) {
      // A full disk must not end an engine that serves.
      if (!failing) log.warn({ op: 'log.write', path, error: errorText(error) }, `cannot write ${what}`);
      failing = true;
      return false;
    }
  };

  const writeOut = async () => {
    while (pending.length > 0) {
      const batch = Buffer.concat(pending);
      pending = [];
      pendingBytes = 0;
      const note = droppedBytes > 0 ? Buffer.from(noteDropped(droppedBytes)) : Buffer.alloc(0);
      const isWritten = await attempt(() => file.append(Buffer.concat([note, batch])));
      droppedBytes = isWritten ? 0 : droppedBytes + batch.length;
    }
    busy = undefined;
  };

  await attempt(() => file.open());
  return {
    write(block) {
      if (pendingBytes + block.length > maxPendingBytes) {
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
      await attempt(() => file.close());
    },
  };
}

/** For a close after a failure that was reported: passes over a system error and throws any other. */
function ignoreErrno(error: unknown): void {
  if (errnoOf(error) === undefined) throw error;
}

/** The file itself: a step that failed leaves it closed, and the next one begins by opening what has the name. */
class BoundedFile {
  readonly #options: RotatingLogOptions;
  #file: FileHandle | undefined;
  #sizeBytes = 0;

  constructor(options: RotatingLogOptions) {
    this.#options = options;
  }

  async open(): Promise<FileHandle> {
    if (this.#file) return this.#file;
    const file = await open(this.#options.path, 'a', 0o600);
    this.#file = file;
    await file.chmod(0o600);
    this.#sizeBytes = (await file.stat()).size;
    return file;
  }

  async append(block: Buffer): Promise<void> {
    try {
      await this.open();
      if (this.#sizeBytes > 0 && this.#sizeBytes + block.length > this.#options.maxBytes) await this.#rotate();
      await (await this.open()).appendFile(block);
      this.#sizeBytes += block.length;
    } catch (error) {
      // A stale handle stays stale: only another open helps. Closing it may meet the same failure (ESTALE, EIO, ENOSPC), which
      // is thrown here already.
      await this.close().catch(ignoreErrno);
      throw error;
    }
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  async #rotate(): Promise<void> {
    const { path } = this.#options;
    try {
      await rename(path, `${path}.1`);
    } catch (error) {
      // An earlier rotation had no room for the new file, or something has removed it.
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
    await this.close();
  }
}
