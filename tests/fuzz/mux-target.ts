// The channel of all requests at the front: what a consumer sends after the preface.

import { type Duplex, duplexPair } from 'node:stream';

import { systemClock } from '@fairlead/kit';
import { dialMux, MuxSession, preface } from '@fairlead/mux';
import type { FuzzTarget } from './fuzz-target.ts';

const limits = { maxStreams: 16, windowBytes: 32 * 1024 };
/** Of the whole process: streams that no test reads hold no more than their windows. */
const maxHeldBytes = 2 * limits.maxStreams * limits.windowBytes;

function frame(type: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32BE(type * 2 ** 24 + payload.length, 0);
  header.writeUInt32BE(stream, 4);
  return Buffer.concat([header, payload]);
}

const hello = frame(7, 0, Buffer.from('00010000100000040000', 'hex'));
const word = (value: number) => Buffer.from([0, 0, value >> 8, value]);
const samples = [
  [hello, frame(1, 1, Buffer.from('GET / HTTP/1.1\r\n\r\n')), frame(3, 1)],
  [hello, frame(1, 1), frame(2, 1, Buffer.alloc(9_000, 'x')), frame(5, 1, word(9_000)), frame(4, 1)],
  [hello, ...Array.from({ length: 20 }, (_, at) => frame(1, 2 * at + 1, Buffer.from('x')))],
  [hello, frame(6, 0, word(18)), frame(8, 0)],
].map((frames) => Buffer.concat(frames));

export const muxTarget: FuzzTarget = {
  name: 'mux',
  samples,
  async open() {
    return {
      async feed(input) {
        const [near, far] = duplexPair();
        const streams: Duplex[] = [];
        const session = serve(far, (stream) => streams.push(stream));
        near.on('error', () => undefined).resume();
        near.end(input);
        await session.closed;
        const heldBytes = streams.reduce((sum, stream) => sum + stream.readableLength, 0);
        if (heldBytes > maxHeldBytes) throw new Error(`the streams hold ${heldBytes} bytes`);
      },
      async prove() {
        const [near, far] = duplexPair();
        far.once('data', (bytes: Buffer) => {
          serve(far, (stream) => void stream.pipe(stream), bytes.subarray(preface.length));
        });
        const dialled = await dialMux(near, { clock: systemClock });
        if (!dialled.ok) throw new Error(`the front is ${dialled.reason}`);
        const stream = dialled.session.open();
        stream.end('echo');
        let text = '';
        for await (const piece of stream) text += String(piece);
        if (text !== 'echo') throw new Error(`the stream brought ${text}`);
        dialled.session.destroy();
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  },
};

/** A front that has read the preface. */
function serve(channel: Duplex, onStream: (stream: Duplex) => void, firstBytes?: Buffer): MuxSession {
  return new MuxSession({
    role: 'front',
    channel,
    clock: systemClock,
    limits,
    onStream,
    ...(firstBytes && { firstBytes }),
  });
}
