// Decodes text to a value and encodes it back, at the border of a program. Encoding drops fields that the schema does not name;
// decoding tolerates them.

import { z } from 'zod';

/** Any zod schema, and the type that it reads, for packages that have no zod of their own. */
export type Schema = z.ZodType;
export type Read<T extends Schema> = z.output<T>;
/** As it is written: JSON values only. */
export type Written<T extends Schema> = z.input<T>;

export type Decoded<T> = { ok: true; value: T } | { ok: false; path: string; message: string };

/** Never throws. `path` reads `deployment.instance.state`; empty for the whole. */
export function decodeValue<T extends z.ZodType>(schema: T, value: unknown): Decoded<z.output<T>> {
  const result = schema.safeParse(value);
  if (result.success) return { ok: true, value: result.data };
  const issue = deepestIssue(result.error.issues);
  return { ok: false, path: issue.path, message: issue.message };
}

/** Never throws: text that is not JSON gives a failure too. */
export function decodeText<T extends z.ZodType>(schema: T, text: string): Decoded<z.output<T>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { ok: false, path: '', message: `is not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
  return decodeValue(schema, value);
}

/**
 * Encodes to the JSON that `decodeText` reads. Leaves out fields that the schema does not name (a strict schema refuses them),
 * and writes secrets as text. Throws on a value that breaks its schema: a fault of ours.
 */
export function encodeText<T extends z.ZodType>(schema: T, value: z.output<T>): string {
  return JSON.stringify(encodeValue(schema, value));
}

/** As `encodeText`, as a value: for JSON that is part of other JSON. */
export function encodeValue<T extends z.ZodType>(schema: T, value: z.output<T>): z.input<T> {
  return z.encode(schema, value);
}

/** Among the failures of a union's options: that of the option that matched to the deepest field. */
function deepestIssue(
  issues: readonly z.core.$ZodIssue[],
  base: readonly PropertyKey[] = [],
): { path: string; message: string } {
  const found = issues.map((issue) => {
    const path = [...base, ...issue.path];
    if (issue.code === 'invalid_union' && issue.errors.length > 0) {
      const inner = issue.errors.map((branch) => deepestIssue(branch, path));
      return inner.reduce((best, next) => (depth(next.path) > depth(best.path) ? next : best));
    }
    return { path: path.map(String).join('.'), message: issue.message };
  });
  return found[0] ?? { path: '', message: 'is not valid' };
}

function depth(path: string): number {
  return path === '' ? 0 : path.split('.').length;
}
