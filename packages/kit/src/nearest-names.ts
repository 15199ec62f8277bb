// Which known names a user who mistyped one may have meant.

import { distance } from 'fastest-levenshtein';

/** At most three, the nearest first; empty when none is near. */
export function nearestNames(typed: string, known: readonly string[]): string[] {
  const limit = Math.max(2, Math.floor(typed.length / 3));
  const isNear = (name: string, edits: number) => edits <= limit || (typed !== '' && name.startsWith(typed));
  return known
    .map((name) => ({ name, edits: distance(typed.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, edits }) => isNear(name, edits))
    .toSorted((a, b) => a.edits - b.edits || a.name.localeCompare(b.name))
    .slice(0, 3)
    .map(({ name }) => name);
}
