// What a peer may not do: each ends the mux, and no such byte reaches a stream.

import { describe, expect, it } from 'vitest';

import { CorePair } from '../testing/core-pair.ts';
import { frameTypes, type FrameType, headerBytes, maxPayloadBytes, writeHeader } from '../wire/frame.ts';
import { encodeHello } from '../wire/hello.ts';

const limits = { maxStreams: 4, windowBytes: 10_000 };

function frame(type: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(headerBytes);
  writeHeader(header, 0, { type: type as FrameType, stream, length: payload.length });
  return Buffer.concat([header, payload]);
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

const hello = frame(frameTypes.hello, 0, encodeHello({ version: 1, ...limits }));
const open = frame(frameTypes.open, 1, Buffer.from('GET'));

/** What the front says of a consumer that sends this. */
function judge(...frames: Buffer[]): string | undefined {
  const { front } = new CorePair({ consumer: limits, front: limits });
  const bytes = Buffer.concat(frames);
  const whole = front.core.receive(bytes, 1);
  // The same wherever it is cut.
  const { front: again } = new CorePair({ consumer: limits, front: limits });
  let split: string | undefined;
  for (const byte of bytes) split ??= again.core.receive(Buffer.from([byte]), 1);
  expect(split).toBe(whole);
  return whole;
}

describe('The front ends a mux whose consumer', () => {
  it.each<[string, Buffer[], RegExp]>([
    ['sends garbage', [Buffer.from('GET / HTTP/1.1\r\n\r\n')], /frame of type 71/],
    ['sends a type that there is not', [hello, frame(99, 0)], /frame of type 99$/],
    ['sends no hello first', [open], /before its hello/],
    ['acknowledges before its hello', [frame(frameTypes.ack, 0, word(0))], /before its hello/],
    ['says hello twice', [hello, hello], /hello twice/],
    ['says a hello that is too short', [frame(frameTypes.hello, 0, Buffer.alloc(9))], /cannot be read/],
    ['says a hello that is too long', [frame(frameTypes.hello, 0, Buffer.alloc(257))], /type 7 with 257 bytes/],
    [
      'speaks no version',
      [frame(frameTypes.hello, 0, encodeHello({ version: 0, maxStreams: 1, windowBytes: 9_000 }))],
      /cannot be read/,
    ],
    [
      'gives no window',
      [frame(frameTypes.hello, 0, encodeHello({ version: 1, maxStreams: 1, windowBytes: 0 }))],
      /cannot be read/,
    ],
    [
      'sends a frame that is too long',
      [hello, frame(frameTypes.data, 1, Buffer.alloc(maxPayloadBytes + 1))],
      /type 2 with/,
    ],
    ['sends an empty piece', [hello, open, frame(frameTypes.data, 1)], /type 2 with 0 bytes/],
    ['names a stream that was never opened', [hello, frame(frameTypes.data, 3, Buffer.from('x'))], /never opened/],
    ['ends a stream that was never opened', [hello, frame(frameTypes.end, 1)], /never opened/],
    ['resets a stream that was never opened', [hello, frame(frameTypes.reset, 7)], /never opened/],
    ['opens a stream twice', [hello, open, open], /opened stream 1 after stream 1/],
    ['opens stream 0', [hello, frame(frameTypes.open, 0)], /opened stream 0/],
    ['opens an even stream', [hello, frame(frameTypes.open, 2)], /opened stream 2/],
    ['goes back with its ids', [hello, frame(frameTypes.open, 5), frame(frameTypes.open, 3)], /3 after stream 5/],
    [
      'writes after its end',
      [hello, open, frame(frameTypes.end, 1), frame(frameTypes.data, 1, Buffer.from('x'))],
      /after its end/,
    ],
    ['ends twice', [hello, open, frame(frameTypes.end, 1), frame(frameTypes.end, 1)], /twice/],
    [
      'sends more than its credit',
      [hello, frame(frameTypes.open, 1, Buffer.alloc(6_000)), frame(frameTypes.data, 1, Buffer.alloc(4_001))],
      /1 bytes more than it may on stream 1/,
    ],
    ['opens with more than its credit', [hello, frame(frameTypes.open, 1, Buffer.alloc(10_001))], /1 bytes more/],
    ['gives credit of nothing', [hello, open, frame(frameTypes.window, 1, word(0))], /0 bytes of credit/],
    ['gives credit that overflows', [hello, open, frame(frameTypes.window, 1, word(2 ** 31))], /bytes of credit/],
    [
      'gives credit that overflows in sum',
      [hello, open, ...[1, 2].map(() => frame(frameTypes.window, 1, word(2 ** 30 + 1)))],
      /bytes of credit/,
    ],
    ['acknowledges what was not sent', [hello, frame(frameTypes.ack, 0, word(1_000_000))], /not sent/],
    ['acknowledges with a long word', [hello, frame(frameTypes.ack, 0, Buffer.alloc(5))], /type 6 with 5 bytes/],
  ])('%s', (_, frames, message) => {
    expect(judge(...frames)).toMatch(message);
  });

  it('opens a million streams and reads no answer', () => {
    const { front } = new CorePair({ consumer: limits, front: limits });
    let violation = front.core.receive(hello, 1);
    for (let first = 1; violation === undefined && first < 2_000_000; first += 2_000) {
      const opens = Array.from({ length: 1_000 }, (_, at) => frame(frameTypes.open, first + 2 * at));
      violation = front.core.receive(Buffer.concat(opens), 1);
      expect(front.core.streamCount).toBeLessThanOrEqual(limits.maxStreams);
    }
    expect(violation).toMatch(/reads none of them/);
  });
});

describe('The front goes on with a consumer that', () => {
  it.each<[string, Buffer[]]>([
    [
      'says a longer hello, of a later version',
      [Buffer.from([7, 0, 0, 12, 0, 0, 0, 0, 0, 2]), Buffer.alloc(4, 1), Buffer.from([0, 1, 0, 0, 9, 9]), open],
    ],
    [
      'writes to a stream that the front has left',
      [hello, open, frame(frameTypes.reset, 1), frame(frameTypes.data, 1, Buffer.from('x'))],
    ],
    [
      'gives credit for a stream that is over',
      [hello, open, frame(frameTypes.reset, 1), frame(frameTypes.window, 1, word(5))],
    ],
    ['resets twice', [hello, open, frame(frameTypes.reset, 1), frame(frameTypes.reset, 1)]],
    ['opens a stream without bytes', [hello, frame(frameTypes.open, 1)]],
    ['says that it goes away', [hello, frame(frameTypes.goaway, 0), open]],
  ])('%s', (_, frames) => {
    expect(judge(...frames)).toBeUndefined();
  });
});

describe('The consumer ends a mux whose front', () => {
  it('opens a stream', () => {
    const { consumer } = new CorePair({ consumer: limits, front: limits });
    expect(consumer.core.receive(Buffer.concat([hello, open]), 1)).toMatch(/only the consumer/);
  });
});
