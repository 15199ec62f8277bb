// The channel of all requests at the front: what a consumer sends after the preface.

import { once } from 'node:events';
import { type Duplex, duplexPair } from 'node:stream';

import { systemClock } from '@fairlead/kit';
import { dialMux, MuxSession, preface } from '@fairlead/mux';
import { FrontStandIn } from '@fairlead/mux/testing';
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

const key = 'the key of the endpoint';
/** A session's id, the attempt, what was heard, and a proof: of a session that is not there, and of one that is as long as it can be. */
const resume = (heard: string, proof: string) =>
  frame(10, 0, Buffer.concat([Buffer.alloc(32, 7), Buffer.from(`00000001${heard}`, 'hex'), Buffer.alloc(32, proof)]));

/** A channel that asks to go on with a session. One that is lost meanwhile goes on in the end. */
export const muxResumeTarget: FuzzTarget = {
  name: 'mux resume',
  samples: [
    resume('0000000000000000', 'a'),
    resume('001fffffffffffff', 'b'),
    Buffer.concat([resume('0000000000001000', 'c'), frame(2, 1, Buffer.alloc(5_000, 'x'))]),
    Buffer.concat([hello, resume('0000000000000000', 'd')]),
  ],
  async open() {
    const front = new FrontStandIn({ key, onStream: (stream) => void stream.on('error', ignore).pipe(stream) });
    const open = () => {
      const [near, far] = duplexPair();
      front.accept(far);
      near.on('error', ignore);
      return near;
    };
    const lost = Promise.withResolvers<void>();
    const first = open();
    const dialled = await dialMux(first, { clock: systemClock, resumption: { key, onLost: () => lost.resolve() } });
    if (!dialled.ok) throw new Error(`the front is ${dialled.reason}`);
    const { session } = dialled;
    const stream = session.open();
    return {
      async feed(input) {
        const channel = open().resume();
        const gone = once(channel, 'close');
        channel.end(Buffer.concat([preface, input]));
        await gone;
      },
      async prove() {
        first.destroy();
        await lost.promise;
        const outcome = await session.resume(open());
        if (outcome !== 'resumed') throw new Error(`the session is ${outcome}`);
        stream.end('echo');
        let text = '';
        for await (const piece of stream) text += String(piece);
        if (text !== 'echo') throw new Error(`the stream brought ${text}`);
      },
      async [Symbol.asyncDispose]() {
        session.destroy();
        front[Symbol.dispose]();
      },
    };
  },
};

const ignore = () => undefined;
