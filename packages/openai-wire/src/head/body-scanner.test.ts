import { describe, expect, test } from 'vitest';
import { type BodyScanner, createBodyScanner } from './body-scanner.ts';
import { seededRandom, fuzzSplit } from '../testing/fuzz-head.ts';
import type { Framing } from './interpret-head.ts';

const chunked: Framing = { kind: 'chunked' };
const next = 'GET /invocations HTTP/1.1\r\n\r\n';

function scan(framing: Framing, pieces: Buffer[], bodyBytes = 1_000): { forwarded: string; end: string } {
  const scanner: BodyScanner | undefined = createBodyScanner(framing, bodyBytes);
  let forwarded = '';
  for (const piece of pieces) {
    const step = scanner?.scan(piece);
    if (!step || step.refusal) return { forwarded, end: step?.refusal?.code ?? 'none' };
    forwarded += piece.toString('latin1', 0, step.forward) + (step.closing?.toString('latin1') ?? '');
    if (step.done) return { forwarded, end: 'done' };
  }
  return { forwarded, end: 'more' };
}

function scanText(framing: Framing, text: string, bodyBytes?: number): { forwarded: string; end: string } {
  return scan(framing, [Buffer.from(text, 'latin1')], bodyBytes);
}

describe('a body of known length', () => {
  test('ends at its length, whatever follows', () => {
    expect(scanText({ kind: 'length', bytes: 5 }, `hello${next}`)).toEqual({ forwarded: 'hello', end: 'done' });
    expect(scanText({ kind: 'length', bytes: 5 }, 'hell')).toEqual({ forwarded: 'hell', end: 'more' });
  });

  test('of none needs no scanner', () => {
    expect(createBodyScanner({ kind: 'none' }, 10)).toBeUndefined();
  });
});

describe('a body in chunks', () => {
  test.each([
    ['one chunk', '5\r\nhello\r\n0\r\n\r\n', '5\r\nhello\r\n0\r\n\r\n'],
    ['no chunk', '0\r\n\r\n', '0\r\n\r\n'],
    ['zeros', '000\r\n\r\n', '000\r\n\r\n'],
    ['capital and small digits', 'A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n', undefined],
    ['an extension', '5;a="b c"\r\nhello\r\n0;x\r\n\r\n', undefined],
    ['data that looks like a chunk', '5\r\n0\r\n\r\n\r\n0\r\n\r\n', undefined],
    ['trailers, which are dropped', '0\r\nContent-Length: 5\r\nX: y\r\n\r\n', '0\r\n\r\n'],
  ])('ends after %s', (_name, text, forwarded) => {
    expect(scanText(chunked, text + next)).toEqual({ forwarded: forwarded ?? text, end: 'done' });
  });

  test.each([
    ['no size', '\r\nhello\r\n0\r\n\r\n'],
    ['a sign', '+5\r\nhello\r\n0\r\n\r\n'],
    ['a prefix', '0x5\r\nhello\r\n0\r\n\r\n'],
    ['white space ahead', ' 5\r\nhello\r\n0\r\n\r\n'],
    ['white space behind', '5 \r\nhello\r\n0\r\n\r\n'],
    ['white space before an extension', '5 ;a\r\nhello\r\n0\r\n\r\n'],
    ['a bare LF after the size', '5\nhello\r\n0\r\n\r\n'],
    ['a bare CR after the size', '5\rhello\r\n0\r\n\r\n'],
    ['a bare LF in an extension', '5;a\nhello\r\n0\r\n\r\n'],
    ['a bare CR in an extension', '5;a\rb\r\nhello\r\n0\r\n\r\n'],
    ['NUL in an extension', '5;a\0\r\nhello\r\n0\r\n\r\n'],
    ['too long an extension', `5;${'a'.repeat(257)}\r\nhello\r\n0\r\n\r\n`],
    ['too many digits', '00000000005\r\nhello\r\n0\r\n\r\n'],
    ['longer data than said', '4\r\nhello\r\n0\r\n\r\n'],
    ['shorter data than said', '6\r\nhello\r\n0\r\n\r\n'],
    ['a bare LF after the data', '5\r\nhello\n0\r\n\r\n'],
    ['a bare LF at the end', '0\r\n\n'],
    ['a bare LF in a trailer', '0\r\nA: b\n\r\n'],
    ['NUL in a trailer', '0\r\nA: \0\r\n\r\n'],
    ['too long trailers', `0\r\n${'A: b\r\n'.repeat(2_000)}\r\n`],
  ])('is refused with %s', (_name, text) => {
    expect(scanText(chunked, text, 1e6).end).toBe('bad_request');
  });

  test('is refused when it grows over the limit, before the chunk that does it', () => {
    expect(scanText(chunked, '5\r\nhello\r\n5\r\nhello\r\n0\r\n\r\n', 10).end).toBe('done');
    expect(scanText(chunked, '5\r\nhello\r\n6\r\nhello!\r\n0\r\n\r\n', 10).end).toBe('payload_too_large');
    expect(scanText(chunked, 'ffffffffff\r\n', 10).end).toBe('payload_too_large');
  });

  test('ends at the same byte wherever the bytes were split', () => {
    const texts = [
      '5\r\nhello\r\n3;a=b\r\n\r\n\r\r\n0\r\nA: b\r\n\r\n',
      '1\r\n0\r\n0\r\n\r\n',
      '1f\r\n0123456789012345678901234567890\r\n0;x\r\n\r\n',
      '5\r\nhello\r\n5x\r\n',
    ];
    for (const text of texts) {
      const bytes = Buffer.from(text + next);
      const whole = scan(chunked, [bytes]);
      for (let at = 0; at <= bytes.length; at += 1) {
        const halves = scan(chunked, [bytes.subarray(0, at), bytes.subarray(at)]);
        expect(halves.end).toBe(whole.end);
        if (whole.end === 'done') expect(halves).toEqual(whole);
      }
      for (let seed = 1; seed < 300; seed += 1) {
        const split = scan(chunked, fuzzSplit(bytes, seededRandom(seed)));
        expect(split.end).toBe(whole.end);
        if (whole.end === 'done') expect(split).toEqual(whole);
      }
    }
  });
});
