// What was settled and is not in the database yet, in a file beside it: a process that is killed loses none of it. Lines are in the kernel's
// hands when `append` returns; a loss of power may take the last ones.

import { chmodSync, closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import type { UsageRecord } from '../usage/usage-record.ts';

export interface UsageJournal extends Disposable {
  /** What the last process left; some of it may be in the database. A line that was cut is passed over. */
  read(): UsageRecord[];
  /** One write for all of them. Throws what the file system throws: then some may be there, and the next ones can be read all the same. */
  append(records: readonly UsageRecord[]): void;
  /** All of it is in the database: the file is emptied when it has grown, and when it is closed. */
  clear(): void;
}

/** Emptying costs as much as many lines do, and lines that are in the database already do no harm. */
const keptBytes = 256 * 1024;

/** The folder is there. Throws what the file system throws. */
export function openUsageJournal(stateDir: string): UsageJournal {
  return new OpenUsageJournal(join(stateDir, 'usage.journal'));
}

class OpenUsageJournal implements UsageJournal {
  readonly #path: string;
  readonly #file: number;
  #bytes = 1;
  #isCleared = false;
  /** The last line may be cut: the next one must not be a part of it. */
  #isCut = true;

  constructor(path: string) {
    this.#path = path;
    this.#file = openSync(path, 'a', 0o600);
    chmodSync(path, 0o600);
  }

  read(): UsageRecord[] {
    return readFileSync(this.#path, 'utf8').split('\n').flatMap(recordOf);
  }

  append(records: readonly UsageRecord[]): void {
    let text = this.#isCut ? '\n' : '';
    for (const record of records) text += `${JSON.stringify(record)}\n`;
    this.#isCleared = false;
    this.#isCut = true;
    this.#writeAll(Buffer.from(text));
    this.#isCut = false;
  }

  #writeAll(bytes: Buffer): void {
    // A disk that has little room takes a part, and refuses the rest.
    for (let at = 0; at < bytes.length;) {
      const written = writeSync(this.#file, bytes, at);
      at += written;
      this.#bytes += written;
    }
  }

  clear(): void {
    this.#isCleared = true;
    if (this.#bytes > keptBytes) this.#empty();
  }

  #empty(): void {
    ftruncateSync(this.#file);
    this.#bytes = 0;
    this.#isCut = false;
  }

  [Symbol.dispose](): void {
    try {
      if (this.#isCleared && this.#bytes > 0) this.#empty();
    } finally {
      closeSync(this.#file);
    }
  }
}

const texts = ['requestId', 'member', 'keyId', 'model', 'route', 'outcome'] as const;
const numbers = ['atMs', 'promptTokens', 'completionTokens', 'cachedTokens', 'queuedMs', 'totalMs'] as const;

function recordOf(line: string): UsageRecord[] {
  try {
    const value = JSON.parse(line) as Partial<UsageRecord> | null;
    const isWhole =
      texts.every((name) => typeof value?.[name] === 'string') &&
      numbers.every((name) => typeof value?.[name] === 'number');
    return isWhole ? [value as UsageRecord] : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}
