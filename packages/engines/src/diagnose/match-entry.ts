// Finds the entry of the catalogue that matches a statement. Pure.

import type { Names } from '../catalogue/fill-text.ts';
import type { FailureEntry } from '../catalogue/failure-entry.ts';
import type { Statement, Voice } from './read-statement.ts';

export interface Match {
  entry: FailureEntry;
  names: Names;
}

const defaultVoices: readonly Voice[] = ['exception', 'error', 'outer', 'exit'];

/** `version`: the engine's version, if its log names it. */
export function matchEntry(
  { voice, text }: Pick<Statement, 'voice' | 'text'>,
  entries: readonly FailureEntry[],
  version?: string,
): Match | undefined {
  for (const entry of entries) {
    if (!(entry.voices ?? defaultVoices).includes(voice) || !coversVersion(entry, version)) continue;
    for (const pattern of entry.patterns) {
      const match = pattern.exec(text);
      if (match) return { entry, names: match.groups ?? {} };
    }
  }
  return undefined;
}

function coversVersion({ versions }: FailureEntry, version: string | undefined): boolean {
  if (versions === undefined || version === undefined) return true;
  const { from, before } = versions;
  return (from === undefined || compare(version, from) >= 0) && (before === undefined || compare(version, before) < 0);
}

function compare(left: string, right: string): number {
  const [a, b] = [numbersOf(left), numbersOf(right)];
  for (const [index, number] of b.entries()) {
    const difference = (a[index] ?? 0) - number;
    if (difference !== 0) return difference;
  }
  return 0;
}

function numbersOf(version: string): number[] {
  return (/\d+(?:\.\d+)*/.exec(version)?.[0] ?? '0').split('.').map(Number);
}
