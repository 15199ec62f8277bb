import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Limits } from '../accounts/account-records.ts';
import { Ledger, type Reservation } from './ledger.ts';

const member = (limits: Limits) => ({ name: 'bob', limits });

describe('A budget', () => {
  it('of 1,000 requests at once is never spent twice', () => {
    const ledger = new Ledger();
    const bob = member({ tokensPerMinute: 10_000 });
    const admitted = Array.from({ length: 1_000 }, () => ledger.reserve(bob, 64, 0)).filter(({ ok }) => ok);
    expect(admitted).toHaveLength(Math.floor(10_000 / 64));
    expect(ledger.reserve(bob, 64, 0)).toMatchObject({ ok: false, limit: 'tokens', left: 10_000 % 64 });
  });

  it('gives back what a request has not used, and takes what it used beyond its reserve', () => {
    const ledger = new Ledger();
    const bob = member({ tokensPerMinute: 100 });
    const one = ledger.reserve(bob, 60, 0);
    if (!one.ok) throw new Error('refused');
    expect(ledger.reserve(bob, 60, 0)).toMatchObject({ ok: false, left: 40, retryAfterMs: 12_000 });
    ledger.settle(one.reservation, 10, 0);
    const two = ledger.reserve(bob, 90, 0);
    if (!two.ok) throw new Error('refused');
    ledger.settle(two.reservation, 130, 0);
    expect(ledger.reserve(bob, 1, 0)).toMatchObject({ ok: false, left: 0, retryAfterMs: 24_600 });
    expect(ledger.reserve(bob, 1, 24_600)).toMatchObject({ ok: true });
  });

  it('lets a request of a larger estimate than the limit run on a full bucket, alone', () => {
    const ledger = new Ledger();
    const bob = member({ tokensPerMinute: 100 });
    expect(ledger.reserve(bob, 5_000, 0)).toMatchObject({ ok: true, reservation: { tokens: 100 } });
    expect(ledger.reserve(bob, 1, 0)).toMatchObject({ ok: false, limit: 'tokens' });
  });

  it.each<[Limits, object]>([
    [{ requestsPerMinute: 2 }, { limit: 'requests', most: 2, left: 0, retryAfterMs: 30_000 }],
    [{ concurrent: 2 }, { limit: 'concurrent', most: 2, left: 0, retryAfterMs: 1_000 }],
  ])('of %j refuses the third request', (limits, refusal) => {
    const ledger = new Ledger();
    const results = [1, 2, 3].map(() => ledger.reserve(member(limits), 1, 0));
    expect(results.map(({ ok }) => ok)).toEqual([true, true, false]);
    expect(results[2]).toMatchObject(refusal);
  });

  it('keeps the requests in flight when limits change', () => {
    const ledger = new Ledger();
    const one = ledger.reserve(member({ concurrent: 5 }), 1, 0);
    expect(ledger.reserve(member({ concurrent: 1 }), 1, 0)).toMatchObject({ ok: false, limit: 'concurrent' });
    if (one.ok) ledger.settle(one.reservation, 1, 0);
    expect(ledger.reserve(member({ concurrent: 1 }), 1, 0)).toMatchObject({ ok: true });
  });
});

const action = fc.oneof(
  fc.record({ do: fc.constant('reserve' as const), tokens: fc.nat(300), waitMs: fc.nat(5_000) }),
  fc.record({
    do: fc.constant('settle' as const),
    used: fc.double({ min: 0, max: 1, noNaN: true }),
    waitMs: fc.nat(5_000),
  }),
);

it('Whatever comes in whatever order: used and reserved tokens stay within the limit, its refill, and never over', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.array(action, { maxLength: 200 }), (limit, actions) => {
      const ledger = new Ledger();
      const bob = member({ tokensPerMinute: limit });
      const open: Reservation[] = [];
      let [nowMs, used] = [0, 0];
      for (const step of actions) {
        nowMs += step.waitMs;
        if (step.do === 'reserve') {
          const got = ledger.reserve(bob, step.tokens, nowMs);
          if (got.ok) open.push(got.reservation);
        } else {
          const settled = open.shift();
          if (!settled) continue;
          const tokens = Math.floor(settled.tokens * step.used);
          used += tokens;
          ledger.settle(settled, tokens, nowMs);
        }
        const spent = used + open.reduce((sum, { tokens }) => sum + tokens, 0);
        expect(spent).toBeLessThanOrEqual(limit + (limit * nowMs) / 60_000 + 1e-6);
        expect(ledger.inFlight('bob')).toBe(open.length);
      }
    }),
  );
});
