import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';

import { CorePair, type CoreEnd, type StreamEnd } from '../testing/core-pair.ts';

const limits = { maxStreams: 8, windowBytes: 20_000 };

/** The bytes of stream `seed` from `at` on: each place has its own. */
function pattern(seed: number, at: number, length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, index) => ((at + index) * 7 + seed * 31) % 251));
}

type Step =
  | { do: 'open' }
  | { do: 'write'; side: Side; stream: number; bytes: number }
  | { do: 'end' | 'reset'; side: Side; stream: number }
  | { do: 'read'; side: Side; stream: number; bytes: number }
  | { do: 'pack'; side: Side }
  | { do: 'block'; side: Side; isBlocked: boolean }
  | { do: 'carry'; side: Side; bytes: number }
  | { do: 'cut' };
type Side = 'consumer' | 'front';

const side = fc.constantFrom<Side>('consumer', 'front');
const stream = fc.nat(9);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.constant<Step>({ do: 'open' }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('write' as const), side, stream, bytes: fc.nat({ max: 40_000 }) }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('write' as const), side, stream, bytes: fc.nat({ max: 300 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('end' as const, 'reset' as const), side, stream }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('read' as const), side, stream, bytes: fc.nat({ max: 30_000 }) }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('pack' as const), side }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('block' as const), side, isBlocked: fc.boolean() }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('carry' as const), side, bytes: fc.nat({ max: 9_000 }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('carry' as const), side, bytes: fc.nat({ max: 20 }) }) },
  { weight: 2, arbitrary: fc.constant<Step>({ do: 'cut' }) },
);

/** What the test has asked of each end of a stream. */
interface Asked {
  ended: Set<StreamEnd>;
  reset: Set<StreamEnd>;
}

function perform(pair: CorePair, taken: Step, asked: Asked): void {
  pair.nowMs += 1;
  if (taken.do === 'open') return void (pair.consumer.core.canOpen && pair.consumer.open());
  if (taken.do === 'cut') return pair.cut();
  const at: CoreEnd = pair[taken.side];
  if (taken.do === 'pack') return at.pack(pair.nowMs);
  if (taken.do === 'block') return at.core.setBlocked(taken.isBlocked);
  if (taken.do === 'carry') return pair.carry(at, taken.bytes);
  const end = at.ends[taken.stream];
  if (!end || asked.reset.has(end)) return;
  if (taken.do === 'read') return at.read(end, taken.bytes, pair.nowMs);
  if (taken.do === 'write') {
    if (!asked.ended.has(end) && !end.isBusy)
      at.write(end, pattern(at.ends.indexOf(end), end.written.length, taken.bytes));
    return;
  }
  if (taken.do === 'end') {
    asked.ended.add(end);
    at.core.end(end.stream!);
    return;
  }
  asked.reset.add(end);
  at.core.reset(end.stream!);
}

/** The two ends of each stream that both sides know of. */
function bothEnds(pair: CorePair): Array<{ mine: StreamEnd; theirs: StreamEnd }> {
  const fronts = new Map(pair.front.ends.map((end) => [end.stream!.id, end]));
  return pair.consumer.ends.flatMap((mine) => {
    const theirs = fronts.get(mine.stream!.id);
    return theirs ? [{ mine, theirs }] : [];
  });
}

describe('Two ends of a mux', () => {
  it('agree with the model for any order of steps, any split of the bytes and any losses of the channel', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 120 }), (steps) => {
        const pair = new CorePair({ consumer: limits, front: limits });
        const asked: Asked = { ended: new Set(), reset: new Set() };
        pair.settle();
        for (const taken of steps) {
          perform(pair, taken, asked);
          expect(pair.violations).toEqual([]);
          for (const end of [...pair.consumer.ends, ...pair.front.ends])
            expect(end.unreadBytes).toBeLessThanOrEqual(end.stream!.windowBytes);
          for (const { mine, theirs } of bothEnds(pair)) {
            expect(theirs.received.equals(mine.written.subarray(0, theirs.received.length))).toBe(true);
            expect(mine.received.equals(theirs.written.subarray(0, mine.received.length))).toBe(true);
          }
        }
        for (const at of [pair.consumer, pair.front]) at.core.setBlocked(false);
        pair.settle();
        expect(pair.violations).toEqual([]);
        for (const { mine, theirs } of bothEnds(pair)) {
          const wasLeft = [mine, theirs].some((end) => asked.reset.has(end) || end.wasReset);
          if (wasLeft) continue;
          expect(theirs.received.equals(mine.written)).toBe(true);
          expect(mine.received.equals(theirs.written)).toBe(true);
          expect([theirs.hasEnded, mine.hasEnded]).toEqual([asked.ended.has(mine), asked.ended.has(theirs)]);
        }
      }),
      { numRuns: 400 },
    );
  });
});

describe('One end of a mux', () => {
  let pair: CorePair;
  beforeEach(() => {
    pair = new CorePair({ consumer: limits, front: limits });
    pair.settle();
  });

  it('sends the first bytes of a stream with its opening, without an answer of the front', () => {
    const mine = pair.consumer.open();
    pair.consumer.write(mine, Buffer.from('first'));
    pair.consumer.pack(1);
    expect(pair.consumer.pipe.length).toBe(8 + 5);
    pair.settle();
    expect(pair.front.ends[0]?.received.toString()).toBe('first');
  });

  it('packs what is written within a turn together', () => {
    const ends = Array.from({ length: 5 }, () => pair.consumer.open());
    for (const end of ends) pair.consumer.write(end, Buffer.from('token'));
    for (const end of ends) pair.consumer.write(end, Buffer.from('token'));
    expect(pair.consumer.core.pack(1)).toHaveLength(1);
  });

  it('holds no more than a window for a reader that stalls, and goes on when it reads', () => {
    const mine = pair.consumer.open();
    pair.consumer.write(mine, Buffer.from('GET'));
    pair.settle();
    const theirs = pair.front.ends[0]!;
    const answer = pattern(1, 0, 500_000);
    pair.front.write(theirs, answer);
    pair.settle({ reads: false });
    expect(mine.unreadBytes).toBe(limits.windowBytes);
    pair.settle();
    expect(mine.received.equals(answer)).toBe(true);
    expect(theirs.isBusy).toBe(false);
  });

  it('lets the windows of all streams together grow by 16 MiB, and again when those that have grown are over', () => {
    const windowBytes = 256 * 1024;
    pair = new CorePair({ consumer: { maxStreams: 50, windowBytes }, front: { maxStreams: 50, windowBytes } });
    pair.settle();
    const transfer = (at: number) => {
      const mine = pair.consumer.open();
      pair.consumer.write(mine, Buffer.from('GET'));
      pair.settle();
      const theirs = pair.front.ends[at]!;
      // Read as it comes: the window doubles.
      for (let n = 0; n < 4; n += 1) {
        pair.front.write(theirs, Buffer.alloc(2 * 1024 * 1024));
        pair.settle();
      }
      return { mine, theirs };
    };
    const streams = Array.from({ length: 6 }, (_, at) => transfer(at));
    const windows = () => streams.reduce((sum, { mine }) => sum + mine.stream!.windowBytes - windowBytes, 0);
    expect(windows()).toBeGreaterThan(8 * 1024 * 1024);
    expect(windows()).toBeLessThanOrEqual(16 * 1024 * 1024);
    for (const { mine } of streams) pair.consumer.core.reset(mine.stream!);
    pair.settle();
    expect(transfer(6).mine.stream!.windowBytes).toBe(4 * 1024 * 1024);
  });

  it('sends tokens ahead of bulk that waits', () => {
    const wide = { maxStreams: 8, windowBytes: 4_000_000 };
    pair = new CorePair({ consumer: wide, front: wide });
    pair.settle();
    const [bulk, tokens] = [pair.consumer.open(), pair.consumer.open()];
    for (const end of [bulk, tokens]) pair.consumer.write(end, Buffer.from('GET'));
    pair.settle();
    const [bulkFront, tokensFront] = pair.front.ends;
    pair.front.write(bulkFront!, pattern(1, 0, 3_000_000));
    pair.front.pack(pair.nowMs);
    const inFlightBytes = pair.front.pipe.length;
    // No ack has come: bulk is limited, and a token is not.
    expect(inFlightBytes).toBeLessThan(300_000);
    pair.front.write(tokensFront!, Buffer.from('token'));
    pair.front.pack(pair.nowMs);
    expect(pair.front.pipe.length).toBe(inFlightBytes + 8 + 5);
  });

  it('resets a stream beyond the limit of the front, and no other', () => {
    const narrow = new CorePair({ consumer: limits, front: { ...limits, maxStreams: 2 } });
    narrow.settle();
    const ends = [narrow.consumer.open(), narrow.consumer.open()];
    expect(narrow.consumer.core.canOpen).toBe(false);
    const beyond = narrow.consumer.open();
    for (const end of [...ends, beyond]) narrow.consumer.write(end, Buffer.from('x'));
    narrow.settle();
    expect([...ends, beyond].map(({ wasReset }) => wasReset)).toEqual([false, false, true]);
    expect(narrow.front.ends).toHaveLength(2);
  });

  it('opens no stream after the front goes away, and the running ones go on', () => {
    const mine = pair.consumer.open();
    pair.consumer.write(mine, Buffer.from('GET'));
    pair.settle();
    pair.front.core.goAway();
    pair.settle();
    expect(pair.consumer.core.canOpen).toBe(false);
    pair.front.write(pair.front.ends[0]!, Buffer.from('answer'));
    pair.settle();
    expect(mine.received.toString()).toBe('answer');
  });

  it('writes no memory of a packet again before that is released, and then does', () => {
    const mine = pair.consumer.open();
    pair.consumer.write(mine, Buffer.from('GET'));
    pair.settle();
    const theirs = pair.front.ends[0]!;
    const seen = new Map<ArrayBufferLike, Buffer>();
    let reused = 0;
    for (let at = 0; at < 400; at += 1) {
      pair.front.write(theirs, Buffer.alloc(4_000, at));
      const packets = pair.front.core.pack((pair.nowMs += 1));
      for (const { bytes } of packets) {
        if (seen.get(bytes.buffer)?.equals(bytes) === false && bytes.byteOffset === 0) reused += 1;
        if (bytes.byteOffset === 0) seen.set(bytes.buffer, Buffer.from(bytes));
        pair.front.pipe = Buffer.concat([pair.front.pipe, bytes]);
      }
      if (at >= 200) pair.front.core.release(packets);
      else expect(reused).toBe(0);
      pair.settle();
    }
    expect(reused).toBeGreaterThan(0);
    expect(mine.received.equals(theirs.written)).toBe(true);
  });

  it('forgets streams that both sides have ended', () => {
    for (let n = 0; n < 100; n += 1) {
      const mine = pair.consumer.open();
      pair.consumer.write(mine, Buffer.from('GET'));
      pair.consumer.core.end(mine.stream!);
      pair.settle();
      pair.front.core.end(pair.front.ends.at(-1)!.stream!);
      pair.settle();
    }
    expect([pair.consumer.core.streamCount, pair.front.core.streamCount]).toEqual([0, 0]);
  });
});
