// Text to value and back, once, at the border. Out: only what the schema names. In: what it needs, tolerating the rest.

import type { z } from 'zod';

/** Any zod schema, and the type that it reads, for packages that have no zod of their own. */
export type Schema = z.ZodType;
export type Read<T extends Schema> = z.output<T>;

export type Decoded<T> = { ok: true; value: T } | { ok: false; path: string; message: string };

/** Never throws. `path` reads `deployment.instance.state`; empty for the whole. */
export function decodeValue<T extends z.ZodType>(schema: T, value: unknown): Decoded<z.output<T>> {
  const result = schema.safeParse(value);
  if (result.success) return { ok: true, value: result.data };
  const issue = deepestIssue(result.error.issues);
  return { ok: false, path: issue.path, message: issue.message };
}

/** Never throws, also not on text that is not JSON. */
export function decodeText<T extends z.ZodType>(schema: T, text: string): Decoded<z.output<T>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { ok: false, path: '', message: `is not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
  return decodeValue(schema, value);
}

/** Throws on a value that breaks its own schema: a fault of ours. Fields the schema does not name are left out. */
export function encodeText<T extends z.ZodType>(schema: T, value: z.input<T>): string {
  return JSON.stringify(schema.parse(value));
}

/** Of a union's failures the one that got furthest says most. */
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
