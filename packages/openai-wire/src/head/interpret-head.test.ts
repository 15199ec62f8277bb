import { describe, expect, test } from 'vitest';
import { headLimits, HeadParser, type RequestHead } from './head-parser.ts';
import { interpretHead, isForwarded } from './interpret-head.ts';

function headOf(...fields: string[]): RequestHead {
  return parse('HTTP/1.1', ['Host: a', ...fields]);
}

function parse(version: string, fields: string[]): RequestHead {
  const text = [`POST /v1/completions ${version}`, ...fields, '', ''].join('\r\n');
  const step = new HeadParser(headLimits).push(Buffer.from(text, 'latin1'));
  if (step.kind !== 'head') throw new Error(`not a head: ${JSON.stringify(step)}`);
  return step.head;
}

describe('the framing of the body', () => {
  test.each([
    ['no length', [], { kind: 'none' }],
    ['a length', ['Content-Length: 12'], { kind: 'length', bytes: 12 }],
    ['a length with zeros ahead', ['content-length: 007'], { kind: 'length', bytes: 7 }],
    ['a length of zero', ['Content-Length: 0'], { kind: 'none' }],
    ['chunks', ['Transfer-Encoding: chunked'], { kind: 'chunked' }],
    ['chunks in capitals', ['TRANSFER-ENCODING: CHUNKED'], { kind: 'chunked' }],
  ])('%s', (_name, fields, framing) => {
    expect(interpretHead(headOf(...fields))).toMatchObject({ ok: true, value: { framing } });
  });

  test.each([
    ['both', ['Content-Length: 5', 'Transfer-Encoding: chunked']],
    ['both, the other way round', ['Transfer-Encoding: chunked', 'Content-Length: 5']],
    ['two lengths', ['Content-Length: 5', 'Content-Length: 6']],
    ['twice the same length', ['Content-Length: 5', 'Content-Length: 5']],
    ['a list of lengths', ['Content-Length: 5, 5']],
    ['a negative length', ['Content-Length: -5']],
    ['a signed length', ['Content-Length: +5']],
    ['a hexadecimal length', ['Content-Length: 0x5']],
    ['a length with a space', ['Content-Length: 5 5']],
    ['a length with an underscore', ['Content-Length: 1_0']],
    ['an empty length', ['Content-Length:']],
    ['a length beyond exact numbers', ['Content-Length: 99999999999999999999']],
    ['a length in other digits', ['Content-Length: \xb2']],
    ['two encodings', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked']],
    ['a list of encodings', ['Transfer-Encoding: gzip, chunked']],
    ['identity', ['Transfer-Encoding: identity']],
    ['chunked with a comma', ['Transfer-Encoding: chunked,']],
    ['chunked with a parameter', ['Transfer-Encoding: chunked;a=b']],
    ['chunked in quotes', ['Transfer-Encoding: "chunked"']],
    ['xchunked', ['Transfer-Encoding: xchunked']],
    ['chunked after a no-break space', ['Transfer-Encoding: \xa0chunked']],
    ['an empty encoding', ['Transfer-Encoding:']],
  ])('refuses %s', (_name, fields) => {
    expect(interpretHead(headOf(...fields))).toMatchObject({ ok: false, refusal: { code: 'bad_request' } });
  });

  test('refuses chunks in HTTP/1.0', () => {
    expect(interpretHead(parse('HTTP/1.0', ['Transfer-Encoding: chunked']))).toMatchObject({ ok: false });
  });
});

describe('Host', () => {
  test('is needed once in HTTP/1.1, at most once in HTTP/1.0', () => {
    expect(interpretHead(parse('HTTP/1.1', [])).ok).toBe(false);
    expect(interpretHead(parse('HTTP/1.1', ['Host: a', 'host: b'])).ok).toBe(false);
    expect(interpretHead(parse('HTTP/1.0', [])).ok).toBe(true);
    expect(interpretHead(parse('HTTP/1.0', ['Host: a', 'Host: a'])).ok).toBe(false);
  });
});

describe('the key', () => {
  test.each([
    [['Authorization: Bearer k'], 'k'],
    [['authorization: bearer   k '], 'k'],
    [['X-Api-Key: k'], 'k'],
    [['X-Api-Key:'], ''],
    [['Authorization: Bearer'], undefined],
    [['Authorization: Basic azpr'], undefined],
    [['Authorization: k'], undefined],
    [['Authorization: Bearerk'], undefined],
    [['Proxy-Authorization: Bearer k'], undefined],
    [[], undefined],
  ])('of %j is %s', (fields, credential) => {
    expect(interpretHead(headOf(...fields))).toMatchObject({ ok: true, value: { credential } });
  });

  test.each([
    [['Authorization: Bearer k', 'Authorization: bearer  k']],
    [['Authorization: Bearer k', 'x-api-key: k']],
    [['x-api-key: k', 'Authorization: Bearer k', 'x-api-key: k ']],
  ])('presented twice is one: %j', (fields) => {
    expect(interpretHead(headOf(...fields))).toMatchObject({ ok: true, value: { credential: 'k' } });
  });

  test.each([
    [['Authorization: Bearer j', 'x-api-key: k']],
    [['x-api-key: k', 'X-API-KEY: j']],
    [['Authorization: Bearer k', 'Authorization: Bearer j']],
    [['Authorization: Basic azpr', 'x-api-key: k']],
    [['Authorization: Bearer k', 'x-api-key:']],
  ])('beside another credential is refused, with what to unset: %j', (fields) => {
    const result = interpretHead(headOf(...fields));
    expect(result).toMatchObject({ ok: false, refusal: { code: 'bad_request' } });
    const message = result.ok ? '' : result.refusal.message;
    expect(message).toContain('ANTHROPIC_AUTH_TOKEN');
    expect(message).toContain('ANTHROPIC_API_KEY');
    expect(message).toContain('/logout');
  });
});

describe('Expect', () => {
  test('is answered for a body in HTTP/1.1 only', () => {
    const expects = (head: RequestHead) => interpretHead(head);
    expect(expects(headOf('Expect: 100-Continue', 'Content-Length: 5'))).toMatchObject({
      value: { expectsContinue: true },
    });
    expect(expects(headOf('Expect: 100-continue'))).toMatchObject({ value: { expectsContinue: false } });
    const old = parse('HTTP/1.0', ['Expect: 100-continue', 'Content-Length: 5']);
    expect(expects(old)).toMatchObject({ value: { expectsContinue: false } });
  });

  test('of anything else is refused', () => {
    expect(interpretHead(headOf('Expect: cake')).ok).toBe(false);
  });
});

describe('fields that stay behind', () => {
  test('are those of the hop, those that Connection names, and the keys', () => {
    const interpreted = interpretHead(headOf('Connection: close, X-Mine', 'connection: keep-alive,,Other'));
    if (!interpreted.ok) throw new Error('refused');
    const { dropped } = interpreted.value;
    const names = [
      'x-mine',
      'other',
      'connection',
      'keep-alive',
      'te',
      'trailer',
      'upgrade',
      'expect',
      'authorization',
    ];
    for (const name of [...names, 'x-api-key', 'proxy-connection', 'proxy-authorization', 'http2-settings']) {
      expect(isForwarded(name, dropped), name).toBe(false);
    }
    for (const name of ['host', 'content-length', 'transfer-encoding', 'content-type', 'accept', 'x-request-id']) {
      expect(isForwarded(name, dropped), name).toBe(true);
    }
  });

  test.each(['content-length', 'Transfer-Encoding', 'host', 'authorization'])('cannot be made of %s', (name) => {
    expect(interpretHead(headOf(`Connection: close, ${name}`)).ok).toBe(false);
  });
});
