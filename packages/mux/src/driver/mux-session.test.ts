import { once } from 'node:events';
import { type Duplex, duplexPair } from 'node:stream';
import { buffer } from 'node:stream/consumers';

import { systemClock } from '@fairlead/kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { type MuxPair, openMuxPair } from '../testing/mux-pair.ts';
import { preface } from '../wire/frame.ts';
import { dialMux } from './dial-mux.ts';
import { MuxSession } from './mux-session.ts';

const windowBytes = 64 * 1024;
let pair: MuxPair;

beforeEach(async () => {
  pair = await openMuxPair({ windowBytes });
});
afterEach(() => pair[Symbol.asyncDispose]());

/** Both ends of a new stream whose first bytes have arrived. */
async function openStream(first = 'GET'): Promise<{ near: Duplex; far: Duplex }> {
  const near = pair.consumer.open();
  near.write(first);
  const far = await pair.taken();
  expect(String((await once(far, 'data'))[0])).toBe(first);
  far.pause();
  return { near, far };
}

/** Turns of the event loop in which all that can move does. */
async function turns(count = 50): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise(setImmediate);
}

describe('A stream of a mux', () => {
  it('brings bytes both ways unchanged, each way with its own end', async () => {
    const { near, far } = await openStream();
    const [request, answer] = [Buffer.alloc(300_000, 'request'), Buffer.alloc(1_500_000, 'answer')];
    near.end(request);
    expect((await buffer(far)).equals(request)).toBe(true);
    far.end(answer);
    expect((await buffer(near)).equals(answer)).toBe(true);
    await turns();
    expect([pair.consumer.streamCount, pair.front.streamCount]).toEqual([0, 0]);
  });

  it('carries a thousand requests at once', async () => {
    const ask = async (n: number) => {
      const near = pair.consumer.open();
      near.end(`request ${n}`);
      return (await buffer(near)).toString();
    };
    const asked = Array.from({ length: 1_000 }, (_, n) => ask(n));
    for (let n = 0; n < 1_000; n += 1) {
      const far = await pair.taken();
      far.end(await buffer(far));
    }
    expect(await Promise.all(asked)).toEqual(Array.from({ length: 1_000 }, (_, n) => `request ${n}`));
  });

  it('holds a writer up at the window of a reader that stalls, and no other stream', async () => {
    const { near, far } = await openStream();
    const answer = Buffer.alloc(4_000_000, 'a');
    far.end(answer);
    await turns();
    expect(near.readableLength).toBeLessThanOrEqual(windowBytes);
    const other = await openStream();
    other.far.end('at once');
    expect((await buffer(other.near)).toString()).toBe('at once');
    expect((await buffer(near)).equals(answer)).toBe(true);
  });

  it('passes 1,000 readers that stall, each of which holds a window', async () => {
    await pair[Symbol.asyncDispose]();
    const smallWindow = 8 * 1024;
    pair = await openMuxPair({ windowBytes: smallWindow });
    const stalled: Duplex[] = [];
    for (let n = 0; n < 1_000; n += 1) {
      const { near, far } = await openStream();
      far.write(Buffer.alloc(5 * smallWindow));
      stalled.push(near);
    }
    await turns();
    for (const near of stalled) expect(near.readableLength).toBeLessThanOrEqual(smallWindow);
    const { near, far } = await openStream();
    far.end('at once');
    expect((await buffer(near)).toString()).toBe('at once');
  });

  it('that one end destroys is an error at the other, and no clean end', async () => {
    for (const side of ['near', 'far'] as const) {
      const { near, far } = await openStream();
      const [left, other] = side === 'near' ? [near, far] : [far, near];
      const failed = once(other.resume(), 'error');
      let hasEnded = false;
      other.once('end', () => (hasEnded = true));
      left.destroy();
      expect((await failed)[0]).toMatchObject({ code: 'stream_reset', retryable: true });
      expect(hasEnded).toBe(false);
    }
    await turns();
    expect([pair.consumer.streamCount, pair.front.streamCount]).toEqual([0, 0]);
  });

  it('that is destroyed before its first bytes is never heard of', async () => {
    pair.consumer.open().destroy();
    const { near } = await openStream('the first');
    expect([pair.consumer.streamCount, pair.front.streamCount]).toEqual([1, 1]);
    near.destroy();
  });

  it('that ends without bytes is heard of', async () => {
    pair.consumer.open().end();
    expect((await buffer(await pair.taken())).length).toBe(0);
  });
});

describe('A session of a mux', () => {
  it('that is lost ends all its streams, on both sides', async () => {
    const streams = [await openStream(), await openStream()].flatMap(({ near, far }) => [near, far]);
    const failed = streams.map((stream) => once(stream.resume(), 'error'));
    pair.consumer.destroy(new Error('the laptop sleeps'));
    const errors = (await Promise.all(failed)).map(([error]) => (error as Error).message);
    expect(errors.filter((message) => message === 'the laptop sleeps')).toHaveLength(2);
    expect(errors.filter((message) => message.startsWith('lost the channel of all requests'))).toHaveLength(2);
    expect(pair.consumer.canOpen).toBe(false);
  });

  it('whose front goes away ends after its last stream', async () => {
    const { near, far } = await openStream();
    pair.front.goAway();
    await turns();
    expect(pair.consumer.canOpen).toBe(false);
    far.end('the last answer');
    near.end();
    far.resume();
    expect((await buffer(near)).toString()).toBe('the last answer');
    expect((await pair.front.closed).code).toBe('mux_lost');
    await pair.consumer.closed;
  });

  it('without streams ends when its front goes away', async () => {
    pair.front.goAway();
    await Promise.all([pair.front.closed, pair.consumer.closed]);
  });

  it('whose front ends it on a stream gives that front no other of the same packet', async () => {
    await pair[Symbol.asyncDispose]();
    const taken: Duplex[] = [];
    const [near, far] = duplexPair();
    far.once('data', (bytes: Buffer) => {
      const onStream = (stream: Duplex) => {
        taken.push(stream);
        front.destroy();
      };
      const firstBytes = bytes.subarray(preface.length);
      const front = new MuxSession({ role: 'front', channel: far, clock: systemClock, firstBytes, onStream });
    });
    const dialled = await dialMux(near, { clock: systemClock });
    if (!dialled.ok) throw new Error(dialled.reason);
    for (const stream of [dialled.session.open(), dialled.session.open()]) stream.write('GET');
    await dialled.session.closed;
    await turns();
    expect(taken.map(({ destroyed }) => destroyed)).toEqual([true]);
  });

  it('opens no more streams than the front takes', async () => {
    await pair[Symbol.asyncDispose]();
    pair = await openMuxPair({ maxStreams: 2 });
    const first = await openStream();
    await openStream();
    expect(pair.consumer.canOpen).toBe(false);
    first.near.destroy();
    await turns();
    expect(pair.consumer.canOpen).toBe(true);
  });
});

describe('dialMux', () => {
  it('knows a front of before the mux by its answer, cut after any byte', async () => {
    for (let length = 1; length < 12; length += 1) {
      const [near, far] = duplexPair();
      const dialled = dialMux(near, { clock: systemClock });
      await once(far, 'data');
      far.write('HTTP/1.1 400 Bad Request'.slice(0, length));
      expect(await dialled).toEqual({ ok: false, reason: 'plain' });
      expect(near.destroyed).toBe(true);
    }
  });

  it('takes a channel that ends without an answer for lost', async () => {
    const [near, far] = duplexPair();
    const dialled = dialMux(near, { clock: systemClock });
    far.end();
    expect(await dialled).toEqual({ ok: false, reason: 'lost' });
  });

  it('takes a front that does not answer for lost', async () => {
    const [near] = duplexPair();
    const clock = { ...systemClock, sleep: () => Promise.resolve() };
    expect(await dialMux(near, { clock })).toEqual({ ok: false, reason: 'lost' });
    expect(near.destroyed).toBe(true);
  });

  it('ends the channel when its signal fires', async () => {
    const [near] = duplexPair();
    const stop = new AbortController();
    const dialled = dialMux(near, { clock: systemClock, signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(dialled).rejects.toThrow('enough');
    expect(near.destroyed).toBe(true);
  });
});
