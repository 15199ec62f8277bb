import { describe, expect, test } from 'vitest';
import { seededRandom, fuzzHead, fuzzSplit } from '../testing/fuzz-head.ts';
import { fieldValue, headLimits, HeadParser, type HeadLimits, type HeadStep } from './head-parser.ts';

const good = 'POST /v1/chat/completions?a=%2F HTTP/1.1\r\nHost: a\r\nX-One:  b c\t\r\nX-Empty:\r\n\r\nbody';

/** Feeds the pieces until something is decided; what was not fed counts as rest. */
function parse(pieces: Buffer[], limits: HeadLimits = headLimits): HeadStep {
  const parser = new HeadParser(limits);
  for (const [at, piece] of pieces.entries()) {
    const step = parser.push(piece);
    if (step.kind === 'head') return { ...step, rest: Buffer.concat([step.rest, ...pieces.slice(at + 1)]) };
    if (step.kind === 'refused') return step;
  }
  return { kind: 'more' };
}

function parseText(text: string, limits?: HeadLimits): HeadStep {
  return parse([Buffer.from(text, 'latin1')], limits);
}

/** The step as plain data, with nothing that depends on where the bytes lie. */
function show(step: HeadStep): unknown {
  if (step.kind !== 'head') return step;
  const { head, rest } = step;
  const fields = head.fields.map((field) => [field.name, fieldValue(head, field), field.lineStart, field.lineEnd]);
  return { ...head, fields, bytes: head.bytes.toString('latin1'), rest: rest.toString('latin1') };
}

describe('a valid head', () => {
  test('gives method, target, path, fields and the rest', () => {
    expect(show(parseText(good))).toMatchObject({
      method: 'POST',
      target: '/v1/chat/completions?a=%2F',
      path: '/v1/chat/completions',
      version: '1.1',
      fields: [
        ['host', 'a', 42, 51],
        ['x-one', 'b c', 51, 65],
        ['x-empty', '', 65, 75],
      ],
      rest: 'body',
    });
  });

  test('may come after one empty line, and may be HTTP/1.0', () => {
    expect(show(parseText(`\r\n${good.replace('HTTP/1.1', 'HTTP/1.0')}`))).toMatchObject({
      version: '1.0',
      rest: 'body',
    });
  });

  test('may hold bytes above 0x7f in a value', () => {
    expect(show(parseText('GET / HTTP/1.1\r\nA: caf\xe9\r\n\r\n'))).toMatchObject({
      fields: [['a', 'caf\xe9', 16, 25]],
    });
  });

  test.each([
    '/',
    '/v1/models/gpt-oss:20b@x',
    "/a-._~!$&'()*+,;=:@",
    '/a/..b/c..',
    '/a?b?c=/../%zz\\',
    '/v1/models/a%2Fb',
    '//v1//models',
  ])('may ask for %s', (target) => {
    expect(parseText(`GET ${target} HTTP/1.1\r\n\r\n`).kind).toBe('head');
  });
});

describe('an invalid head is refused', () => {
  const line = (requestLine: string) => `${requestLine}\r\nHost: a\r\n\r\n`;
  const field = (text: string) => `POST / HTTP/1.1\r\nHost: a\r\n${text}\r\n\r\n`;
  test.each([
    ['bare LF after the request line', 'GET / HTTP/1.1\nHost: a\r\n\r\n'],
    ['bare LF after a field', 'GET / HTTP/1.1\r\nHost: a\n\r\n'],
    ['bare LF as the empty line', 'GET / HTTP/1.1\r\nHost: a\r\n\n'],
    ['bare LF within a value', field('A: b\nContent-Length: 5')],
    ['bare CR within a value', field('A: b\rContent-Length: 5')],
    ['CR CR LF', field('A: b\r')],
    ['NUL in a value', field('A: b\0c')],
    ['DEL in a value', field('A: b\x7fc')],
    ['another control character in a value', field('A: b\x0bc')],
    ['NUL in a name', field('A\0: b')],
    ['a folded line', field('A: b\r\n c')],
    ['a folded line right after the request line', 'GET / HTTP/1.1\r\n Host: a\r\n\r\n'],
    ['a folded line of tabs', field('A: b\r\n\tContent-Length: 5')],
    ['white space before the colon', field('Content-Length : 5')],
    ['a tab before the colon', field('Transfer-Encoding\t: chunked')],
    ['no colon', field('Host')],
    ['no name', field(': b')],
    ['a name with a slash', field('a/b: c')],
    ['a name with a non-ASCII letter', field('caf\xe9: c')],
    ['two empty lines first', `\r\n\r\n${line('GET / HTTP/1.1')}`],
    ['white space first', line(' GET / HTTP/1.1')],
    ['no method', line('/ HTTP/1.1')],
    ['a method with a control character', line('GE\x01T / HTTP/1.1')],
    ['no target', line('GET  HTTP/1.1')],
    ['two spaces', line('GET  / HTTP/1.1')],
    ['a tab for a space', line('GET\t/ HTTP/1.1')],
    ['a space in the target', line('GET /a b HTTP/1.1')],
    ['a space at the end', line('GET / HTTP/1.1 ')],
    ['no version', line('GET /')],
    ['HTTP/0.9', 'GET /\r\n\r\n'],
    ['HTTP/2', line('PRI * HTTP/2.0')],
    ['HTTP/1.2', line('GET / HTTP/1.2')],
    ['a lower-case version', line('GET / http/1.1')],
    ['absolute form', line('GET http://a/v1/models HTTP/1.1')],
    ['authority form', line('CONNECT a:80 HTTP/1.1')],
    ['asterisk form', line('OPTIONS * HTTP/1.1')],
    ['an escape in the path', line('GET /v1/%6dodels HTTP/1.1')],
    ['an escaped slash', line('GET /v1%2fmodels HTTP/1.1')],
    ['an escape behind an empty segment', line('GET /v1/models//%2e HTTP/1.1').replace('/v1/models', '/v1//models')],
    ['a bad escape before the name of a model', line('GET /v1%2Fmodels/a HTTP/1.1')],
    ['dot segments behind /v1/models/', line('GET /v1/models/../load HTTP/1.1')],
    ['dot segments', line('GET /v1/../invocations HTTP/1.1')],
    ['a single dot', line('GET /v1/./models HTTP/1.1')],
    ['dots at the end', line('GET /v1/.. HTTP/1.1')],
    ['a dot at the end', line('GET /v1/. HTTP/1.1')],
    ['dots before a query', line('GET /v1/..?a HTTP/1.1')],
    ['a backslash', line('GET /v1\\models HTTP/1.1')],
    ['a fragment', line('GET /v1/models#a HTTP/1.1')],
    ['a fragment in the query', line('GET /v1/models?a#b HTTP/1.1')],
    ['a control character in the query', line('GET /v1/models?a\x01 HTTP/1.1')],
    ['a non-ASCII byte in the path', line('GET /v1/mod\xe8les HTTP/1.1')],
    ['a TLS hello', '\x16\x03\x01\x02\x00\x01'],
    ['an SSH banner', 'SSH-2.0-OpenSSH_9.2\r\n'],
  ])('%s', (_name, text) => {
    expect(parseText(text)).toMatchObject({ kind: 'refused', refusal: { code: 'bad_request' } });
  });
});

describe('limits', () => {
  const limits: HeadLimits = { headBytes: 200, lineBytes: 100, fields: 5 };
  const head = (...fields: string[]) => `GET / HTTP/1.1\r\n${fields.map((text) => `${text}\r\n`).join('')}\r\n`;
  test.each([
    ['a line of the limit', 'head', head(`a: ${'b'.repeat(97)}`)],
    ['a line one longer', 'refused', head(`a: ${'b'.repeat(98)}`)],
    ['a line one longer, not complete', 'refused', `GET / HTTP/1.1\r\na: ${'b'.repeat(99)}`],
    ['a line of the limit, not complete', 'more', `GET / HTTP/1.1\r\na: ${'b'.repeat(97)}\r`],
    ['as many fields as allowed', 'head', head('a:', 'a:', 'a:', 'a:', 'a:')],
    ['one field more', 'refused', head('a:', 'a:', 'a:', 'a:', 'a:', 'a:')],
    ['a head of the limit', 'head', head(`a: ${'b'.repeat(80)}`, `a: ${'b'.repeat(92)}`)],
    ['a head one longer', 'refused', head(`a: ${'b'.repeat(80)}`, `a: ${'b'.repeat(93)}`)],
    ['a first line that never ends', 'refused', 'A'.repeat(102)],
  ])('%s: %s', (_name, kind, text) => {
    const step = parseText(text, limits);
    expect(step.kind).toBe(kind);
    if (step.kind === 'refused') expect(step.refusal.code).toBe('payload_too_large');
  });

  test('a body behind the head does not count', () => {
    expect(parseText(head('a: b') + 'x'.repeat(500), limits).kind).toBe('head');
  });
});

describe('where the bytes are split makes no difference', () => {
  test('at every point of a valid head', () => {
    const bytes = Buffer.from(good);
    const whole = show(parse([bytes]));
    for (let at = 0; at <= bytes.length; at += 1) {
      expect(show(parse([bytes.subarray(0, at), bytes.subarray(at)]))).toEqual(whole);
    }
    expect(show(parse([...bytes].map((byte) => Buffer.from([byte]))))).toEqual(whole);
  });

  test.each([headLimits, { headBytes: 90, lineBytes: 40, fields: 3 }])(
    'for 3,000 random heads, limits $headBytes',
    (limits) => {
      const kinds = new Set<string>();
      for (let seed = 1; seed <= 3_000; seed += 1) {
        const bytes = fuzzHead(seed);
        const whole = parse([bytes], limits);
        kinds.add(whole.kind);
        expect(show(parse(fuzzSplit(bytes, seededRandom(seed)), limits)), `seed ${seed}`).toEqual(show(whole));
        if (seed % 10 === 0) {
          const single = parse(
            [...bytes].map((byte) => Buffer.from([byte])),
            limits,
          );
          expect(show(single), `seed ${seed} by single bytes`).toEqual(show(whole));
        }
      }
      expect([...kinds].sort()).toEqual(['head', 'more', 'refused']);
    },
  );

  test('a head of single bytes is not copied again and again', () => {
    const parser = new HeadParser(headLimits);
    const bytes = Buffer.from(`GET / HTTP/1.1\r\n${`a: ${'b'.repeat(600)}\r\n`.repeat(90)}\r\n`);
    // Not the clock: it runs on while other processes have the processor.
    const before = process.cpuUsage();
    const steps = [...bytes].map((byte) => parser.push(Buffer.from([byte])).kind);
    expect(steps.at(-1)).toBe('head');
    expect(process.cpuUsage(before).user).toBeLessThan(2_000_000);
  });
});
