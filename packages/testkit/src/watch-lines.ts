// The lines that a process prints, for a test that waits for one of them.

import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

export interface WatchedLines {
  readonly lines: readonly string[];
  /** Resolves when the last line is read. */
  readonly closed: Promise<unknown>;
  /** Resolves with the first line, past or to come, for which `match` holds. When `ended` resolves before, rejects with its words. */
  line: (match: (line: string) => boolean, ended: Promise<string>) => Promise<string>;
}

/** Reads until the stream ends. */
export function watchLines(input: Readable): WatchedLines {
  const lines: string[] = [];
  const looks = new Set<() => void>();
  const reading = createInterface({ input });
  reading.on('line', (line) => {
    lines.push(line);
    for (const look of looks) look();
  });
  return {
    lines,
    closed: once(reading, 'close'),
    async line(match, ended) {
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      const look = () => {
        const found = lines.find(match);
        if (found !== undefined) resolve(found);
      };
      looks.add(look);
      look();
      ended.then((words) => reject(new Error(words)), reject);
      try {
        return await promise;
      } finally {
        looks.delete(look);
      }
    },
  };
}
