// What was settled and is not in the database yet, in a file beside it: a process that is killed loses none of it. A line is in the kernel's
// hands when `append` returns; a loss of power may take the last ones.

import { chmodSync, closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import type { UsageRecord } from '../usage/usage-record.ts';

export interface UsageJournal extends Disposable {
  /** What the last process left. A line that was cut is passed over. */
  read(): UsageRecord[];
  append(record: UsageRecord): void;
  /** All of it is in the database. */
  clear(): void;
}

export const usageJournalName = 'usage.journal';

/** The folder is there. Throws what the file system throws. */
export function openUsageJournal(stateDir: string, name = usageJournalName): UsageJournal {
  const path = join(stateDir, name);
  const file = openSync(path, 'a', 0o600);
  chmodSync(path, 0o600);
  let isEmpty = false;
  return {
    read: () => readFileSync(path, 'utf8').split('\n').flatMap(recordOf),
    append(record) {
      isEmpty = false;
      writeSync(file, `${JSON.stringify(record)}\n`);
    },
    clear() {
      if (!isEmpty) ftruncateSync(file);
      isEmpty = true;
    },
    [Symbol.dispose]: () => closeSync(file),
  };
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
