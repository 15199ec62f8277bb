import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { scanMembers } from './scan-members.ts';

const wanted = new Set(['model', 'stream']);

function scan(text: string): unknown {
  const body = Buffer.from(text);
  const scanned = scanMembers(body, wanted);
  if (!scanned.ok) return scanned.problem;
  return Object.fromEntries(
    [...scanned.members].map(([name, { start, end }]) => [name, body.toString('utf8', start, end)]),
  );
}

describe('The members of a body', () => {
  it.each<[string, object]>([
    ['{"model":"m","stream":true}', { model: '"m"', stream: 'true' }],
    [' {\n"stream" : false ,\t"model": "a\\"b\\\\" } \r\n', { stream: 'false', model: '"a\\"b\\\\"' }],
    ['{"messages":[{"model":"no","x":"}]"}],"model":"m"}', { model: '"m"' }],
    ['{"m\\u006fdel":"m"}', { model: '"m"' }],
    ['{"model":{"a":[1]}}', { model: '{"a":[1]}' }],
    ['{"a":-1.5e+3,"stream":null}', { stream: 'null' }],
    ['{}', {}],
    ['{"modèle":1,"model":"é"}', { model: '"é"' }],
  ])('of %s are found', (text, members) => {
    expect(scan(text)).toEqual(members);
  });

  it.each([
    ['{"model":"a","model":"b"}', 'it has "model" twice'],
    ['{"model":"a","m\\u006fdel":"b"}', 'it has "model" twice'],
    ['{"model":"a"} {}', 'something follows its last brace'],
    ['{"model":"a"', 'it ends before its last brace'],
    ['{"model":"a\\"', 'it ends before its last brace'],
    ['{"a":[', 'it ends before its last brace'],
    ['{"a', 'it ends before its last brace'],
    ['[1]', 'it is no JSON object'],
    ['', 'it is no JSON object'],
    ['{"a" "b"}', 'it is no JSON object'],
    ['{"a":}', 'it is no JSON object'],
    ['{a:1}', 'it is no JSON object'],
    ['{"\\x":1}', 'it is no JSON object'],
  ])('of %s are refused', (text, problem) => {
    expect(scan(text)).toBe(problem);
  });

  it('of any object are those that a whole parser finds', () => {
    const names = fc.constantFrom('model', 'stream', 'x', 'mod"el', '\\', 'é');
    fc.assert(
      fc.property(fc.dictionary(names, fc.jsonValue()), fc.nat(2), (object, indent) => {
        const given: Record<string, unknown> = { ...object };
        const found = scan(JSON.stringify(given, undefined, indent)) as Record<string, string>;
        const parsed = Object.fromEntries(
          Object.entries(found).map(([name, text]) => [name, JSON.parse(text) as unknown]),
        );
        const expected = Object.fromEntries(Object.entries(given).filter(([name]) => wanted.has(name)));
        expect(parsed).toEqual(JSON.parse(JSON.stringify(expected)));
      }),
    );
  });

  it('of random bytes are found or refused, and never throw', () => {
    const pieces = fc.constantFrom('{', '}', '[', ']', '"', '\\', ':', ',', 'model', ' ', '1', 'true');
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 30 }), (list) => void scan(list.join(''))),
      { numRuns: 2_000 },
    );
  });
});
