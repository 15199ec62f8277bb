// Makes a value that fits a JSON schema, the same one for the same seed. Ignores `pattern` and `not`.

import { createRandom } from '../engine/random.ts';
import { createWords } from '../engine/words.ts';
import { type Fields, isRecord, list, number, record, text } from '../wire/fields.ts';

export interface SampleOptions {
  seed: number;
  /** Texts of the prompt for free strings, in order. */
  hints: readonly string[];
}

interface Sampling {
  root: unknown;
  word: () => string;
  nextHint: () => string | undefined;
  depth: number;
  /** The values and characters that may still be made: the limit for a large or recursive schema. */
  room: { left: number };
}

const maxDepth = 12;
/** More than a context holds; longer output would be cut off anyway. */
const maxSize = 100_000;

export function sampleJson(schema: unknown, { seed, hints }: SampleOptions): unknown {
  const random = createRandom(seed);
  const words = createWords(Math.floor(random() * 2 ** 32));
  const left = [...hints];
  const room = { left: maxSize };
  return sample(schema, { root: schema, word: () => nextWord(words), nextHint: () => left.shift(), depth: 0, room });
}

function nextWord(words: () => string): string {
  let word = '';
  while (!/^\p{L}/u.test(word)) word = words().trim();
  return word;
}

/** JSON in the form of Python's `json.dumps` and most models: a space after each comma and colon. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, null, 1)
    .replace(/,\n\s*/g, ', ')
    .replace(/\n\s*/g, '');
}

function sample(given: unknown, sampling: Sampling): unknown {
  sampling.room.left -= 1;
  const schema = resolve(given, sampling);
  if ('const' in schema) return schema.const;
  if (Array.isArray(schema.enum)) return pickEnum(schema.enum, sampling);
  const variants = [...list(schema.anyOf), ...list(schema.oneOf)];
  const variant = variants.find((one) => record(one).type !== 'null') ?? variants[0];
  if (variant !== undefined && sampling.depth < maxDepth) return sample(variant, deeper(sampling));
  switch (typeOf(schema)) {
    case 'object':
      return sampleObject(schema, sampling);
    case 'array':
      return sampleArray(schema, sampling);
    case 'integer':
    case 'number':
      return sampleNumber(schema);
    case 'boolean':
      return true;
    case 'null':
      return null;
    case undefined:
    default:
      return sampleString(schema, sampling);
  }
}

/** Follows `$ref` and merges `allOf`. */
function resolve(given: unknown, sampling: Sampling): Fields {
  let schema = record(given);
  for (let hops = 0; typeof schema.$ref === 'string' && hops < maxDepth; hops++)
    schema = record(pointer(sampling.root, schema.$ref));
  sampling.room.left -= 1;
  const parts = isExhausted(sampling) ? [] : list(schema.allOf).map((part) => resolve(part, deeper(sampling)));
  if (parts.length === 0) return schema;
  const all = [schema, ...parts];
  return {
    ...Object.assign({}, ...all),
    properties: Object.assign({}, ...all.map((part) => part.properties)),
    required: all.flatMap((part) => list(part.required)),
  };
}

function pointer(root: unknown, ref: string): unknown {
  const steps = ref.replace(/^#\/?/, '').split('/').filter(Boolean);
  return steps.reduce((at: unknown, step) => record(at)[step.replaceAll('~1', '/').replaceAll('~0', '~')], root);
}

function typeOf(schema: Fields): string | undefined {
  const { type } = schema;
  if (Array.isArray(type)) return text(type.find((one) => one !== 'null') ?? type[0]);
  if (typeof type === 'string') return type;
  if (isRecord(schema.properties)) return 'object';
  return schema.items === undefined ? undefined : 'array';
}

/** The value that the prompt names, else the first one. */
function pickEnum(values: readonly unknown[], sampling: Sampling): unknown {
  const hint = sampling.nextHint();
  return values.find((value) => value === hint) ?? values[0] ?? null;
}

function sampleObject(schema: Fields, sampling: Sampling): Fields {
  const required = list(schema.required);
  const entries = Object.entries(record(schema.properties)).filter(
    ([name]) => sampling.depth < 3 || required.includes(name),
  );
  if (isExhausted(sampling)) return {};
  return Object.fromEntries(entries.map(([name, one]) => [name, sample(one, deeper(sampling))]));
}

function sampleArray(schema: Fields, sampling: Sampling): unknown[] {
  const fixed = list(schema.prefixItems);
  if (fixed.length > 0) return fixed.map((one) => sample(one, deeper(sampling)));
  if (isExhausted(sampling) || schema.maxItems === 0) return [];
  const size = Math.min(Math.max(number(schema.minItems) ?? 1, 1), sampling.room.left);
  return Array.from({ length: size }, () => sample(schema.items, deeper(sampling)));
}

function sampleNumber(schema: Fields): number {
  const step = number(schema.multipleOf) ?? 1;
  const above = number(schema.exclusiveMinimum);
  const least = above === undefined ? (number(schema.minimum) ?? 1) : above + step;
  const most = number(schema.maximum) ?? Infinity;
  const below = number(schema.exclusiveMaximum) ?? Infinity;
  const value = Math.ceil(least / step) * step;
  if (value <= most && value < below) return value;
  // No multiple of the step is in the range: takes any number.
  return below === Infinity ? most : (Math.max(above ?? least, -1e9) + below) / 2;
}

const formats: Readonly<Record<string, string>> = {
  'date-time': '2026-01-01T12:00:00Z',
  date: '2026-01-01',
  time: '12:00:00Z',
  duration: 'PT1H',
  email: 'keeper@example.org',
  uuid: '00000000-0000-4000-8000-000000000000',
  uri: 'https://example.org/',
  hostname: 'example.org',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
};

function sampleString(schema: Fields, sampling: Sampling): string {
  const formatted = formats[text(schema.format) ?? ''];
  if (formatted !== undefined) return formatted;
  let value = sampling.nextHint() ?? sampling.word();
  const least = Math.min(number(schema.minLength) ?? 0, Math.max(0, sampling.room.left));
  while (value.length < least) value += ` ${sampling.word()}`;
  sampling.room.left -= value.length;
  return value.slice(0, Math.max(least, number(schema.maxLength) ?? Infinity));
}

function isExhausted({ depth, room }: Sampling): boolean {
  return depth >= maxDepth || room.left <= 0;
}

function deeper(sampling: Sampling): Sampling {
  return { ...sampling, depth: sampling.depth + 1 };
}
