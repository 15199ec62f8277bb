// Values at the edges of a schema, and now and then one just beyond, made from the schema itself.

import fc from 'fast-check';

interface JsonSchema {
  type?: string;
  const?: unknown;
  enum?: unknown[];
  maximum?: number;
  minimum?: number;
  maxLength?: number;
  maxItems?: number;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
}

/** One value in so many is out of bounds. */
const beyondLimit = 40;
/** Characters that are hard to store: none, zero, half of a pair, several bytes, quotes. */
const hard = '\0\ud800é😀"\\';

export function extremesOf(schema: unknown): fc.Arbitrary<unknown> {
  return extremes(schema as JsonSchema);
}

function extremes(schema: JsonSchema): fc.Arbitrary<unknown> {
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return fc.oneof(...options.map(extremes));
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  switch (schema.type) {
    case 'object': {
      const requiredKeys = schema.required ?? [];
      const values = Object.entries(schema.properties ?? {}).map(([name, of]) => [name, extremes(of)] as const);
      return fc.record(Object.fromEntries(values), { requiredKeys });
    }
    case 'array':
      return listExtremes(schema);
    case 'string':
      return edges(textEdges(schema.maxLength ?? 100), ['x'.repeat((schema.maxLength ?? 100) + 1), 7, null]);
    case 'number':
    case 'integer':
      return numberEdges(schema);
    case 'boolean':
      return fc.boolean();
    case undefined:
    default:
      return fc.constant([hard, '']);
  }
}

function listExtremes({ items = {}, maxItems = 10 }: JsonSchema): fc.Arbitrary<unknown> {
  const few = fc.array(extremes(items), { maxLength: 2 });
  // A full list of full texts is over the limit of a frame.
  const full = fc.constant(Array.from({ length: Math.min(maxItems, 1000) }, (_, n) => `${n}`));
  return fc.oneof({ weight: beyondLimit, arbitrary: few }, { weight: beyondLimit / 4, arbitrary: full });
}

function textEdges(maxLength: number): string[] {
  return ['x', 'x'.repeat(maxLength), hard.repeat(maxLength).slice(0, Math.min(maxLength, 500))];
}

function numberEdges({ minimum = 0, maximum = 1 }: JsonSchema): fc.Arbitrary<unknown> {
  const inside = [minimum, maximum, Math.max(minimum, 0), Math.min(maximum, Math.max(minimum, 1))];
  return edges(inside, [minimum - 1, maximum + 1, 1.7e308, -1.7e308, Number.MAX_SAFE_INTEGER, 0.5, 'one']);
}

function edges(inside: unknown[], beyond: unknown[]): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: beyondLimit, arbitrary: fc.constantFrom(...inside) },
    { weight: 1, arbitrary: fc.constantFrom(...beyond) },
  );
}
