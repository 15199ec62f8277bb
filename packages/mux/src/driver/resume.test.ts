import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';

import { systemClock } from '@fairlead/kit';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';

import { type Cut, CutNetwork, testKey } from '../testing/cut-network.ts';
import { preface } from '../wire/frame.ts';
import { encodeResume, readResumeAnswer, type ResumeRequest } from '../wire/resume.ts';
import { dialMux } from './dial-mux.ts';
import type { MuxSession } from './mux-session.ts';

let network: CutNetwork;
afterEach(() => network[Symbol.dispose]());

const pattern = (seed: number, length: number) =>
  Buffer.from(Uint8Array.from({ length }, (_, at) => (at * 7 + seed * 31) % 251));

/** Answers each request with its bytes and as many again, piece by piece. */
function answer(stream: Duplex): void {
  stream.on('error', () => undefined);
  void buffer(stream).then(async (request) => {
    for (const piece of [request, Buffer.from('|'), request.toReversed()]) {
      stream.write(Buffer.from(piece));
      await new Promise(setImmediate);
    }
    stream.end();
  }, ignore);
}
const ignore = () => undefined;

async function ask(session: MuxSession, seed: number, length: number): Promise<void> {
  const stream = session.open();
  const request = pattern(seed, length);
  stream.write(request.subarray(0, length / 2));
  await new Promise(setImmediate);
  stream.end(request.subarray(length / 2));
  const expected = Buffer.concat([request, Buffer.from('|'), request.toReversed()]);
  expect((await buffer(stream)).equals(expected)).toBe(true);
}

/** Three requests of different lengths over one session, whatever is lost meanwhile. */
async function askThree(cuts: Cut[]): Promise<void> {
  network = new CutNetwork(answer);
  network.cuts = cuts;
  const session = await network.dial();
  await Promise.all([ask(session, 1, 30), ask(session, 2, 120), ask(session, 3, 60)]);
  session.destroy();
  await session.gone;
  network[Symbol.dispose]();
}

describe('The requests of a session', () => {
  it.each(['front', 'consumer'] as const)(
    'go on to the last byte after a loss behind any byte towards the %s, of the handshakes too',
    async (towards) => {
      await askThree([]);
      const total = network.passed[towards];
      expect(total).toBeGreaterThan(290);
      let lost = 0;
      for (let bytes = 0; bytes < total; bytes += 1) {
        // The second one is in the handshake in which the session goes on, or behind it.
        await askThree([
          { towards, bytes },
          { towards, bytes: bytes % 140 },
        ]);
        lost += network.losses > 0 ? 1 : 0;
      }
      // How frames are gathered differs by a few bytes each time.
      expect(lost).toBeGreaterThan(total - 50);
    },
  );

  it('go on after any number of losses in either direction', async () => {
    const cut = fc.record({
      towards: fc.constantFrom<Cut['towards']>('front', 'consumer'),
      bytes: fc.nat({ max: 400 }),
    });
    await fc.assert(fc.asyncProperty(fc.array(cut, { maxLength: 8 }), askThree), { numRuns: 150 });
  });

  it('of megabytes go on, and what is acknowledged is not kept', async () => {
    network = new CutNetwork((stream) => void stream.on('error', ignore).pipe(stream));
    network.cuts = Array.from({ length: 20 }, (_, n) => ({
      towards: n % 2 === 0 ? ('front' as const) : ('consumer' as const),
      bytes: 300_000,
    }));
    const session = await network.dial();
    const sent = pattern(4, 4_000_000);
    const stream = session.open();
    stream.end(sent);
    expect((await buffer(stream)).equals(sent)).toBe(true);
    expect(network.losses).toBeGreaterThan(10);
    const [front] = network.sessions.values();
    // The last acknowledgements are on their way.
    while (session.heldBytes + front!.heldBytes > 64 * 1024) await new Promise(setImmediate);
    session.destroy();
  });
});

describe('A session', () => {
  it('that its consumer ends is over for the front at once, and so the other way round', async () => {
    for (const leaver of ['consumer', 'front'] as const) {
      const taken: Duplex[] = [];
      network = new CutNetwork((stream) => taken.push(stream.on('error', ignore)));
      const session = await network.dial();
      const near = session.open();
      near.on('error', ignore).write('GET');
      while (taken.length === 0) await new Promise(setImmediate);
      const [front] = network.sessions.values();
      (leaver === 'consumer' ? session : front!).destroy();
      await Promise.all([session.closed, front!.closed, session.gone, front!.gone]);
      expect([near.destroyed, taken[0]!.destroyed, session.isWaiting, front!.isWaiting]).toEqual([
        true,
        true,
        false,
        false,
      ]);
      network[Symbol.dispose]();
    }
  });

  it('that is given up ends its streams with the error of the loss', async () => {
    network = new CutNetwork(answer);
    const losses: Error[] = [];
    const resumption = { key: testKey, onLost: (cause: Error) => losses.push(cause) };
    const dialled = await dialMux(network.open(), { clock: systemClock, resumption });
    if (!dialled.ok) throw new Error(dialled.reason);
    const { session } = dialled;
    const stream = session.open();
    stream.write('GET');
    network.drop();
    while (losses.length === 0) await new Promise(setImmediate);
    expect([session.isWaiting, session.canOpen, stream.destroyed]).toEqual([true, false, false]);
    const failed = once(stream, 'error');
    session.giveUp();
    expect((await failed)[0]).toBe(losses[0]);
  });

  it('of a peer that cannot resume ends with its channel, as before', async () => {
    network = new CutNetwork((stream) => void stream.on('error', ignore));
    const dialled = await dialMux(network.open(), { clock: systemClock });
    if (!dialled.ok) throw new Error(dialled.reason);
    const stream = dialled.session.open();
    stream.on('error', ignore).write('GET');
    await new Promise(setImmediate);
    network.drop();
    await dialled.session.closed;
    const [front] = network.sessions.values();
    await front!.closed;
    expect([dialled.session.isWaiting, front!.isWaiting]).toEqual([false, false]);
  });
});

/** With features and the id of the session. */
const helloFrameBytes = 8 + 14 + 32;

describe('The front', () => {
  const request = (change: Partial<ResumeRequest> = {}, key = testKey) =>
    encodeResume({ sessionId: idOf(network), attempt: 1, heard: helloFrameBytes, ...change }, key);

  async function openWaiting(): Promise<MuxSession> {
    network = new CutNetwork((stream) => void stream.on('error', ignore));
    const dialled = await dialMux(network.open(), { clock: systemClock, resumption: { key: testKey, onLost: ignore } });
    if (!dialled.ok) throw new Error(dialled.reason);
    dialled.session.open().on('error', ignore).write('GET');
    const [front] = network.sessions.values();
    while (front!.streamCount === 0) await new Promise(setImmediate);
    return front!;
  }

  async function answerTo(frame: Buffer): Promise<ReturnType<typeof readResumeAnswer>> {
    const channel = network.open();
    channel.on('error', ignore).write(Buffer.concat([preface, frame]));
    return readResumeAnswer((await once(channel, 'data'))[0] as Buffer);
  }

  it('refuses a stranger, whatever he knows of the session', async () => {
    const front = await openWaiting();
    const unknown = { kind: 'refused', refusal: 'unknown' };
    expect(await answerTo(request({ sessionId: Buffer.alloc(32, 'x') }))).toEqual(unknown);
    expect(await answerTo(request({}, 'another key'))).toEqual(unknown);
    expect([front.isWaiting, front.streamCount]).toEqual([false, 1]);
  });

  it('refuses bytes that it has not sent', async () => {
    await openWaiting();
    expect(await answerTo(request({ heard: 1e9 }))).toEqual({ kind: 'refused', refusal: 'position' });
  });

  it('gives the session to the latest of several channels, and nothing to one that is stale', async () => {
    const front = await openWaiting();
    expect((await answerTo(request({ attempt: 2 }))).kind).toBe('resumed');
    expect(await answerTo(request({ attempt: 2 }))).toEqual({ kind: 'refused', refusal: 'stale' });
    expect(await answerTo(request({ attempt: 1 }))).toEqual({ kind: 'refused', refusal: 'stale' });
    expect((await answerTo(request({ attempt: 3 }))).kind).toBe('resumed');
    expect([front.isWaiting, front.streamCount]).toEqual([false, 1]);
  });

  it('drops a channel whose request makes no sense', async () => {
    await openWaiting();
    const channel = network.open();
    const closed = once(channel.on('error', ignore).resume(), 'close');
    channel.write(Buffer.concat([preface, Buffer.from('0a00000100000000ff', 'hex')]));
    await closed;
  });
});

function idOf({ sessions }: CutNetwork): Buffer {
  const [id] = sessions.keys();
  return Buffer.from(id!, 'hex');
}
