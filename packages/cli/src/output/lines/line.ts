// One kind of line of --json: what it says, and its fields.

import { z } from 'zod';

/** `meaning` stands in docs/cli.md. */
export function line<Fields extends z.ZodRawShape>(meaning: string, fields: Fields) {
  return z.object(fields).describe(meaning);
}

/** Of a result: whether the command did what was asked. */
export const ok = z.boolean();
export const text = z.string();
export const texts = z.array(z.string());
export const optionalText = z.string().optional();

/** Minutes, and null where there is no limit: JSON has no Infinity. */
export const minutes = z.codec(z.number().nullable(), z.union([z.number(), z.literal(Infinity)]), {
  decode: (written) => written ?? Infinity,
  encode: (value) => (Number.isFinite(value) ? value : null),
});
