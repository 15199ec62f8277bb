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
  /** Copies the block. */
  write: (block: Buffer) => void;
  /** Resolves when what was written before is in the file, or was dropped. Never rejects. */
  written: () => Promise<void>;
}

const maxPendingBytes = 8 * 1024 * 1024;
const chunkBytes = 256 * 1024;
/** Chunks that are kept to be filled again: what a steady storm needs. */
const maxSpareChunks = 4;
/** How long one batch is tried again while a condition may pass; later blocks wait in memory. */
const retryTimeoutMs = 5_000;

/** The caller disposes it. Resolves also where the file cannot be opened: each block tries again. */
export async function openRotatingLog(options: RotatingLogOptions): Promise<RotatingLog> {
  const { path, what, noteDropped, log, clock = systemClock } = options;
  const file = new BoundedFile(options);
  const pending = new PendingBytes();
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
    for (let chunk = pending.take(); chunk; chunk = pending.take()) {
      const { bytes } = chunk;
      const note = droppedBytes > 0 ? Buffer.from(noteDropped(droppedBytes)) : undefined;
      const isWritten = await attempt(() => file.append(note ? Buffer.concat([note, bytes]) : bytes));
      droppedBytes = isWritten ? 0 : droppedBytes + bytes.length;
      pending.giveBack(chunk);
    }
    busy = undefined;
  };

  await attempt(() => file.open());
  return {
    write(block) {
      if (!pending.add(block)) droppedBytes += block.length;
      else busy ??= writeOut();
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

interface Chunk {
  memory: Buffer;
  usedBytes: number;
  readonly bytes: Buffer;
}

/** What waits to be written, copied into chunks that are used again. A block is never divided. */
class PendingBytes {
  readonly #full: Chunk[] = [];
  readonly #spare: Buffer[] = [];
  #filling: Chunk | undefined;
  #heldBytes = 0;

  /** False where there is no room for it. */
  add(block: Buffer): boolean {
    if (this.#filling && this.#filling.usedBytes + block.length > this.#filling.memory.length) {
      this.#full.push(this.#filling);
      this.#filling = undefined;
    }
    const chunk = this.#filling ?? this.#newChunk(block.length);
    if (!chunk) return false;
    block.copy(chunk.memory, chunk.usedBytes);
    chunk.usedBytes += block.length;
    this.#filling = chunk;
    return true;
  }

  /** The oldest. Undefined where nothing waits. */
  take(): Chunk | undefined {
    const chunk = this.#full.shift() ?? this.#filling;
    if (chunk === this.#filling) this.#filling = undefined;
    return chunk;
  }

  giveBack({ memory }: Chunk): void {
    this.#heldBytes -= memory.length;
    if (memory.length === chunkBytes && this.#spare.length < maxSpareChunks) this.#spare.push(memory);
  }

  #newChunk(sizeBytes: number): Chunk | undefined {
    const memoryBytes = Math.max(chunkBytes, sizeBytes);
    if (this.#heldBytes + memoryBytes > maxPendingBytes) return undefined;
    this.#heldBytes += memoryBytes;
    const memory = (memoryBytes === chunkBytes ? this.#spare.pop() : undefined) ?? Buffer.allocUnsafeSlow(memoryBytes);
    return {
      memory,
      usedBytes: 0,
      get bytes() {
        return memory.subarray(0, this.usedBytes);
      },
    };
  }
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
