import { describe, expect, test } from 'vitest';
import { jsonText, sampleJson } from './sample-json.ts';

const sample = (schema: unknown, hints: string[] = []) => sampleJson(schema, { seed: 1, hints });

describe('sampleJson: fits', () => {
  test.each([
    [{ const: 5 }, 5],
    [{ enum: ['a', 'b'] }, 'a'],
    [{ type: 'integer', minimum: 3 }, 3],
    [{ type: 'integer', exclusiveMinimum: 3, multipleOf: 5 }, 10],
    [{ type: 'number', maximum: 0.5 }, 0.5],
    [{ type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 0.2 }, 0.1],
    [{ type: 'integer', maximum: -4 }, -4],
    [{ type: ['null', 'boolean'] }, true],
    [{ type: 'null' }, null],
    [{ anyOf: [{ type: 'null' }, { const: 'x' }] }, 'x'],
    [{ type: 'array', items: { const: 1 }, minItems: 2 }, [1, 1]],
    [{ type: 'array', items: { const: 1 }, maxItems: 0 }, []],
    [{ prefixItems: [{ const: 1 }, { const: 2 }], type: 'array' }, [1, 2]],
    [{ $ref: '#/$defs/a', $defs: { a: { const: 'deep' } } }, 'deep'],
    [{ allOf: [{ properties: { a: { const: 1 } } }, { properties: { b: { const: 2 } } }] }, { a: 1, b: 2 }],
    [{ type: 'string', format: 'date' }, '2026-01-01'],
  ])('%j', (schema, value) => {
    expect(sample(schema)).toEqual(value);
  });

  test('lengths of texts', () => {
    expect(sample({ type: 'string', minLength: 30 })).toMatch(/^.{30,}$/);
    expect(sample({ type: 'string', maxLength: 2 })).toMatch(/^.{1,2}$/);
  });

  test('a recursive schema: the value ends', () => {
    const node = { type: 'object', properties: { next: { $ref: '#' }, name: { const: 'n' } }, required: ['name'] };
    const value = sample(node);
    expect(JSON.stringify(value)).toContain('"name":"n"');
    expect(sample({ $ref: '#' })).toBeTypeOf('string');
  });

  const wide = { type: 'array', minItems: 1000 };
  test.each<[string, object]>([
    ['a text without end', { type: 'string', minLength: 1e12 }],
    ['a list without end', { type: 'array', minItems: 1e12, items: { type: 'boolean' } }],
    ['lists of lists', { ...wide, items: { ...wide, items: { ...wide, items: { type: 'string' } } } }],
    ['a choice of itself', { anyOf: [{ $ref: '#' }] }],
    ['parts that are itself', { allOf: Array(20).fill({ $ref: '#' }) }],
  ])('%s: it ends', (_name, schema) => {
    expect(JSON.stringify(sample(schema)).length).toBeLessThan(1_000_000);
  });
});

test('sampleJson: names of the prompt come first, in order; an enum takes the value that the prompt names', () => {
  const schema = { properties: { from: { type: 'string' }, to: { enum: ['Paris', 'Rome'] } } };
  expect(sample(schema, ['Berlin', 'Rome'])).toEqual({ from: 'Berlin', to: 'Rome' });
});

test('sampleJson: the same seed gives the same value, another seed another one', () => {
  const schema = { properties: { a: { type: 'string', minLength: 40 } } };
  expect(sampleJson(schema, { seed: 2, hints: [] })).toEqual(sampleJson(schema, { seed: 2, hints: [] }));
  expect(sampleJson(schema, { seed: 2, hints: [] })).not.toEqual(sampleJson(schema, { seed: 3, hints: [] }));
});

test('jsonText: is JSON, with a space after each comma and colon, whatever the texts hold', () => {
  const value = { a: ['x,\n y', 1], b: {}, c: [] };
  expect(jsonText(value)).toBe('{"a": ["x,\\n y", 1], "b": {}, "c": []}');
  expect(JSON.parse(jsonText(value))).toEqual(value);
});
