// Characters that a job script or a command cannot hold.

import { z } from 'zod';

/** A setting that becomes one line, or a part of one, of a job script. */
export const oneLine = z.string().regex(/^[^\n\r]*$/, 'must be one line');

/** The path of each text with a NUL byte, which no program takes in an argument or a file name. */
export function pathsWithNul(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value === 'string') return value.includes('\0') ? [[...path]] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => pathsWithNul(inner, [...path, key]));
}
