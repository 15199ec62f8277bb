import { describe, expect, test } from 'vitest';
import { PassedAnswer } from './engine-answer.ts';

const head = 'HTTP/1.1 200 OK\r\nserver: uvicorn\r\nContent-Type: text/event-stream; charset=utf-8';
const chunked = `${head}\r\ntransfer-encoding: chunked\r\n\r\n`;
const raw = `${head}\r\nconnection: close\r\n\r\n`;
const unbufferedField = '\r\nx-accel-buffering: no';

/** All that goes to the client, and what may be said after each piece. */
function pass(...pieces: string[]): { sent: string; comments: Array<string | undefined> } {
  const answer = new PassedAnswer();
  let sent = '';
  const comments = pieces.map((piece) => {
    sent += answer.take(Buffer.from(piece, 'latin1'))?.toString('latin1') ?? '';
    return answer.whileQuiet()?.toString('latin1');
  });
  sent += answer.end()?.toString('latin1') ?? '';
  return { sent, comments };
}

describe('an event stream', () => {
  test('is told to be unbuffered, wherever its head was split; nothing else changes', () => {
    const whole = `${chunked}b\r\ndata: one\n\n\r\n`;
    const wanted = whole.replace('\r\n\r\n', `${unbufferedField}\r\n\r\n`);
    for (let at = 0; at <= whole.length; at += 1) {
      const { sent } = pass(...[whole.slice(0, at), whole.slice(at)].filter((piece) => piece !== ''));
      expect(sent, `split at ${at}`).toBe(wanted);
    }
  });

  test('that says so itself stays as it is', () => {
    const own = chunked.replace('\r\n\r\n', '\r\nX-Accel-Buffering: yes\r\n\r\n');
    expect(pass(own).sent).toBe(own);
  });

  test('may be silent before its first event and between two, and not within one', () => {
    const comment = 'e\r\n: keep-alive\n\n\r\n';
    const pieces = [chunked, 'b\r\ndata: o', 'ne\n\n', '\r\n', '10\r\ndata: a\n\ndata: b', '\n\n\r\n', '0\r\n\r\n'];
    // The CRLF behind a chunk, when it comes alone, could be anything.
    const wanted = [comment, undefined, undefined, undefined, undefined, comment, undefined];
    expect(pass(...pieces).comments).toEqual(wanted);
  });

  test('without chunks has its comments without', () => {
    expect(pass(raw, 'data: one\n\n', 'data: two\n').comments).toEqual([
      ': keep-alive\n\n',
      ': keep-alive\n\n',
      undefined,
    ]);
  });

  test('with a length, or compressed, has none', () => {
    for (const field of ['Content-Length: 99', 'Content-Encoding: gzip', 'Transfer-Encoding: gzip, chunked'])
      expect(pass(`${head}\r\n${field}\r\n\r\n`).comments).toEqual([undefined]);
  });
});

test.each([
  ['another answer', 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}'],
  ['a head that never ends', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(20_000)}`],
  ['half a head', 'HTTP/1.1 200 OK\r\ncontent-type: text/event-'],
])('%s passes as it is', (_name, text) => {
  expect(pass(text)).toEqual({ sent: text, comments: [undefined] });
});
