import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { KeptPackets } from './kept-packets.ts';
import type { Packet } from './packer.ts';

const slab = { memory: Buffer.alloc(0), packets: 0 };
const packet = (bytes: Buffer): Packet => ({ bytes, bulkBytes: 0, slab });
const step = fc.oneof(
  fc.record({ add: fc.array(fc.nat({ max: 40 }), { maxLength: 4 }) }),
  fc.record({ forget: fc.nat({ max: 400 }) }),
);

describe('The packets that are kept', () => {
  it('give all bytes from any position that is not forgotten, and release each packet once it is whole behind', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const kept = new KeptPackets();
        let all = Buffer.alloc(0);
        let start = 0;
        const ends: Array<{ packet: Packet; end: number }> = [];
        const released = new Set<Packet>();
        for (const taken of steps) {
          if ('add' in taken) {
            const packets = taken.add.map((length, n) => packet(Buffer.alloc(length + 1, (all.length + n) % 251)));
            for (const one of packets) {
              all = Buffer.concat([all, one.bytes]);
              ends.push({ packet: one, end: all.length });
            }
            kept.add(packets);
          } else {
            for (const one of kept.forget(taken.forget)) released.add(one);
            start = Math.max(start, Math.min(taken.forget, all.length));
          }
          expect(kept.bytes).toBe(all.length - start);
          expect(new Set(ends.filter(({ end }) => end <= start).map((one) => one.packet))).toEqual(released);
          for (const at of [start, Math.floor((start + all.length) / 2), all.length])
            expect(Buffer.concat(kept.from(at) ?? []).equals(all.subarray(at))).toBe(true);
          expect([kept.from(start - 1), kept.from(all.length + 1)]).toEqual([undefined, undefined]);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('are removed in lumps, and go on behind many that are forgotten', () => {
    const kept = new KeptPackets();
    for (let n = 0; n < 2_000; n += 1) {
      kept.add([packet(Buffer.from([n % 251]))]);
      if (n >= 700) kept.forget(n - 699);
    }
    expect(kept.bytes).toBe(700);
    expect(Buffer.concat(kept.from(1_999)!)).toEqual(Buffer.from([1_999 % 251]));
  });
});
