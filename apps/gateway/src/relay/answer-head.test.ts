import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { readAnswerHead, renderClientHead } from './answer-head.ts';
import { createBodyReader } from './body-reader.ts';

const read = (text: string) => readAnswerHead(Buffer.from(text, 'latin1'));
const ok = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-A: b\r\n';

describe('The head of an answer', () => {
  it.each<[string, object]>([
    [`${ok}content-length: 5\r\n\r\nhello`, { kind: 'length', bytes: 5 }],
    [`${ok}Transfer-Encoding: chunked\r\n\r\n`, { kind: 'chunked' }],
    [`${ok}\r\n`, { kind: 'close' }],
    ['HTTP/1.1 204 No Content\r\n\r\n', { kind: 'none' }],
    [`HTTP/1.1 100 Continue\r\n\r\n${ok}content-length: 0\r\n\r\n`, { kind: 'length', bytes: 0 }],
  ])('%j frames its body', (text, framing) => {
    expect(read(text)).toMatchObject({ kind: 'head', head: { framing } });
  });

  it.each([
    'hello\r\n\r\n',
    `${ok}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n`,
    `${ok}content-length: five\r\n\r\n`,
    `${ok}transfer-encoding: gzip, chunked\r\n\r\n`,
    `${ok}content-length: 5\r\ncontent-length: 6\r\n\r\n`,
    `${ok}HTTP/1.1 200 OK\r\n\r\n`,
    `${ok} folded: line\r\n\r\n`,
    `${ok}x-b: a\0b\r\n\r\n`,
    `${ok}x-b : c\r\n\r\n`,
    'HTTP/1.1 200 O\0K\r\n\r\n',
    'HTTP/1.1 000 OK\r\n\r\n',
    'x'.repeat(70_000),
  ])('%.40s is not believed', (text) => {
    expect(read(text).kind).toBe('bad');
  });

  it('travels on with its fields, framed for the client', () => {
    const step = read(`${ok}Connection: close\r\nKeep-Alive: 5\r\ntransfer-encoding: chunked\r\n\r\n`);
    if (step.kind !== 'head') throw new Error('no head');
    const given = { framing: { kind: 'chunked' }, keepAlive: true, requestId: 'r1', fields: ['x-a: 1'] } as const;
    expect(renderClientHead(step.head, given).toString()).toBe(
      'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-A: b\r\ntransfer-encoding: chunked\r\nx-a: 1\r\nx-fairlead-request-id: r1\r\nconnection: keep-alive\r\n\r\n',
    );
  });
});

describe('The body of an answer', () => {
  const content = fc.string({ maxLength: 60 });
  const chunked = fc.array(content.filter((text) => text !== '')).map((texts) => ({
    content: texts.join(''),
    wire: `${texts.map((text) => `${Buffer.byteLength(text).toString(16)};x=1\r\n${text}\r\n`).join('')}0\r\nt: 1\r\n\r\n`,
  }));

  it('in chunks is read wherever it was split, to its end and not beyond', () => {
    fc.assert(
      fc.property(chunked, fc.nat(), fc.nat(), (body, a, b) => {
        const bytes = Buffer.from(`${body.wire}HTTP/1.1 200`);
        const [first, second] = [a % bytes.length, b % bytes.length].toSorted((x, y) => x - y) as [number, number];
        const reader = createBodyReader({ kind: 'chunked' });
        const got: Buffer[] = [];
        for (const piece of [bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)])
          reader.read(piece, (one) => got.push(one));
        expect(Buffer.concat(got).toString()).toBe(body.content);
        expect(reader.isDone).toBe(true);
        expect(reader.end()).toBe(true);
      }),
    );
  });

  it.each<[Parameters<typeof createBodyReader>[0], string, boolean]>([
    [{ kind: 'chunked' }, '5\r\nhello\r\n', false],
    [{ kind: 'chunked' }, '5\r\nhello\r\n0\r\n\r\n', true],
    [{ kind: 'length', bytes: 9 }, 'hello', false],
    [{ kind: 'length', bytes: 5 }, 'hello', true],
    [{ kind: 'close' }, 'hello', true],
    [{ kind: 'none' }, '', true],
  ])('of framing %j that ends after %j: whole is %s', (framing, text, isWhole) => {
    const reader = createBodyReader(framing);
    reader.read(Buffer.from(text), () => undefined);
    expect(reader.end()).toBe(isWhole);
  });

  it.each(['x\r\n', '5\r\nhelloX', '123456789\r\n', '\r\n'])('in chunks such as %j is bad', (text) => {
    const reader = createBodyReader({ kind: 'chunked' });
    reader.read(Buffer.from(text), () => undefined);
    expect(reader.isBad).toBe(true);
  });
});
