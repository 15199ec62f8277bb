import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Grant, Limits } from '../accounts/account-records.ts';
import type { Now } from './budget.ts';
import { Ledger, type Reservation } from './ledger.ts';

const grantOf = (limits: Limits, more: { key?: Limits; team?: Limits; name?: string } = {}): Grant => {
  const { name = 'bob', key = {}, team } = more;
  const record = { id: `key-of-${name}`, member: name, label: undefined, hash: Buffer.alloc(0), models: undefined };
  return {
    key: { ...record, createdMs: 0, expiresMs: undefined, revokedMs: undefined, limits: key },
    member: { name, team: team && 'nlp', limits, createdMs: 0 },
    team: team && { name: 'nlp', weight: 1, limits: team, createdMs: 0 },
  };
};
const at = (monotonicMs: number): Now => ({ monotonicMs, wallMs: startMs + monotonicMs });
/** Noon of the last but one day of a month. */
const startMs = Date.UTC(2026, 10, 29, 12);
const hourMs = 3_600_000;
const tokensOf = ({ parts }: Reservation) => parts.find(({ account }) => account === 'member bob')!.tokens;

describe('A budget', () => {
  it('of 1,000 requests at once is never spent twice', () => {
    const ledger = new Ledger();
    const bob = grantOf({ tokensPerMinute: 10_000 });
    const admitted = Array.from({ length: 1_000 }, () => ledger.reserve(bob, 64, at(0))).filter(({ ok }) => ok);
    expect(admitted).toHaveLength(Math.floor(10_000 / 64));
    expect(ledger.reserve(bob, 64, at(0))).toMatchObject({ ok: false, limit: 'tokens', left: 10_000 % 64 });
  });

  it('gives back what a request has not used, and takes what it used beyond its reserve', () => {
    const ledger = new Ledger();
    const bob = grantOf({ tokensPerMinute: 100 });
    const one = ledger.reserve(bob, 60, at(0));
    if (!one.ok) throw new Error('refused');
    expect(ledger.reserve(bob, 60, at(0))).toMatchObject({ ok: false, left: 40, resetMs: 12_000 });
    ledger.settle(one.reservation, 10, at(0));
    const two = ledger.reserve(bob, 90, at(0));
    if (!two.ok) throw new Error('refused');
    ledger.settle(two.reservation, 130, at(0));
    expect(ledger.reserve(bob, 1, at(0))).toMatchObject({ ok: false, left: 0, resetMs: 24_600 });
    expect(ledger.reserve(bob, 1, at(24_600))).toMatchObject({ ok: true });
  });

  it('lets a request of a larger estimate than the limit run on a full bucket, alone', () => {
    const ledger = new Ledger();
    const bob = grantOf({ tokensPerMinute: 100 });
    expect(ledger.reserve(bob, 5_000, at(0))).toMatchObject({
      ok: true,
      reservation: { parts: expect.arrayContaining([{ account: 'member bob', tokens: 100 }]) },
    });
    expect(ledger.reserve(bob, 1, at(0))).toMatchObject({ ok: false, limit: 'tokens' });
  });

  it.each<[Limits, object]>([
    [{ requestsPerMinute: 2 }, { limit: 'requests', most: 2, left: 0, resetMs: 30_000 }],
    [{ concurrent: 2 }, { limit: 'concurrent', most: 2, left: 0, resetMs: 1_000 }],
  ])('of %j refuses the third request', (limits, refusal) => {
    const ledger = new Ledger();
    const results = [1, 2, 3].map(() => ledger.reserve(grantOf(limits), 1, at(0)));
    expect(results.map(({ ok }) => ok)).toEqual([true, true, false]);
    expect(results[2]).toMatchObject(refusal);
  });

  it('keeps the requests in flight when limits change', () => {
    const ledger = new Ledger();
    const one = ledger.reserve(grantOf({ concurrent: 5 }), 1, at(0));
    expect(ledger.reserve(grantOf({ concurrent: 1 }), 1, at(0))).toMatchObject({ ok: false, limit: 'concurrent' });
    if (one.ok) ledger.settle(one.reservation, 1, at(0));
    expect(ledger.reserve(grantOf({ concurrent: 1 }), 1, at(0))).toMatchObject({ ok: true });
  });
});

describe('A budget of a day and a month', () => {
  const spend = (ledger: Ledger, grant: Grant, tokens: number, now: Now) => {
    const admitted = ledger.reserve(grant, tokens, now);
    if (admitted.ok) ledger.settle(admitted.reservation, tokens, now);
    return admitted;
  };

  it('begins anew at midnight UTC, and until then refuses with the time that is left', () => {
    const ledger = new Ledger();
    const bob = grantOf({ tokensPerDay: 100, tokensPerMonth: 150 });
    expect(spend(ledger, bob, 80, at(0))).toMatchObject({ ok: true });
    expect(spend(ledger, bob, 30, at(hourMs))).toMatchObject({
      ok: false,
      limit: 'tokens-day',
      whose: 'member',
      left: 20,
      resetMs: 11 * hourMs,
    });
    expect(spend(ledger, bob, 60, at(12 * hourMs))).toMatchObject({ ok: true });
    expect(spend(ledger, bob, 30, at(13 * hourMs))).toMatchObject({ ok: false, limit: 'tokens-month', left: 10 });
    expect(spend(ledger, bob, 30, at(36 * hourMs))).toMatchObject({ ok: true });
  });

  it('counts what is in flight, and gives back what was not used', () => {
    const ledger = new Ledger();
    const bob = grantOf({ tokensPerDay: 100 });
    const one = ledger.reserve(bob, 70, at(0));
    if (!one.ok) throw new Error('refused');
    expect(ledger.reserve(bob, 40, at(0))).toMatchObject({ ok: false, left: 30 });
    ledger.settle(one.reservation, 10, at(0));
    expect(ledger.reserve(bob, 90, at(0))).toMatchObject({ ok: true });
  });

  it('knows what was used before this process began', () => {
    const ledger = new Ledger();
    ledger.remember([{ keyId: 'key-of-bob', member: 'bob', team: 'nlp', today: 90, thisMonth: 95 }], at(0));
    expect(ledger.reserve(grantOf({ tokensPerDay: 100 }), 11, at(0))).toMatchObject({ ok: false, left: 10 });
    const eve = grantOf({}, { name: 'eve', team: { tokensPerMonth: 100 } });
    expect(ledger.reserve(eve, 6, at(0))).toMatchObject({ ok: false, whose: 'team', left: 5 });
    expect(ledger.reserve(eve, 5, at(0))).toMatchObject({ ok: true });
  });

  it('of a new day and month does not count what was used in the last ones, where another process tells of more', () => {
    const ledger = new Ledger();
    const bob = grantOf({ tokensPerDay: 100, tokensPerMonth: 1_000 });
    const used = { keyId: 'key-of-bob', member: 'bob', team: undefined };
    ledger.remember([{ ...used, today: 90, thisMonth: 900 }], at(0));
    const nextMonth = at(2 * 24 * hourMs);
    ledger.remember([{ ...used, today: 3, thisMonth: 3 }], nextMonth);
    expect(ledger.leftOf(bob, nextMonth)).toMatchObject([
      { limit: 'tokens-day', left: 97 },
      { limit: 'tokens-month', left: 997 },
    ]);
  });

  it('is not begun anew by a clock that is set back', () => {
    const ledger = new Ledger();
    const bob = grantOf({ tokensPerDay: 100 });
    spend(ledger, bob, 100, at(0));
    const back = { monotonicMs: 1, wallMs: startMs - 48 * hourMs };
    expect(ledger.reserve(bob, 1, back)).toMatchObject({ ok: false, limit: 'tokens-day' });
  });
});

describe('A request', () => {
  it('needs room in the budgets of its key, its member and their team, and takes of all or of none', () => {
    const ledger = new Ledger();
    const small = grantOf({ tokensPerDay: 1_000 }, { key: { tokensPerDay: 10 }, team: { concurrent: 1 } });
    expect(ledger.reserve(small, 11, at(0))).toMatchObject({ ok: true });
    expect(ledger.inFlight('team', 'nlp')).toBe(1);
    const other = grantOf({}, { name: 'eve', team: { concurrent: 1 } });
    expect(ledger.reserve(other, 1, at(0))).toMatchObject({ ok: false, whose: 'team', limit: 'concurrent' });
    expect([ledger.inFlight('member', 'eve'), ledger.inFlight('key', 'key-of-eve')]).toEqual([0, 0]);
    expect(ledger.reserve(small, 1, at(0))).toMatchObject({ ok: false, whose: 'key', limit: 'tokens-day' });
  });

  it('is told of each kind of limit what is left where the least is left', () => {
    const ledger = new Ledger();
    const bob = grantOf({ tokensPerMinute: 500, requestsPerMinute: 9 }, { team: { tokensPerMinute: 120 } });
    ledger.reserve(bob, 20, at(0));
    expect(ledger.leftOf(bob, at(0))).toEqual([
      { limit: 'requests', most: 9, left: 8, resetMs: 6_667 },
      { limit: 'tokens', most: 120, left: 100, resetMs: 10_000 },
    ]);
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
      const bob = grantOf({ tokensPerMinute: limit });
      const open: Reservation[] = [];
      let [nowMs, used] = [0, 0];
      for (const step of actions) {
        nowMs += step.waitMs;
        if (step.do === 'reserve') {
          const got = ledger.reserve(bob, step.tokens, at(nowMs));
          if (got.ok) open.push(got.reservation);
        } else {
          const settled = open.shift();
          if (!settled) continue;
          const tokens = Math.floor(tokensOf(settled) * step.used);
          used += tokens;
          ledger.settle(settled, tokens, at(nowMs));
        }
        const spent = used + open.reduce((sum, one) => sum + tokensOf(one), 0);
        expect(spent).toBeLessThanOrEqual(limit + (limit * nowMs) / 60_000 + 1e-6);
        expect(ledger.inFlight('member', 'bob')).toBe(open.length);
      }
    }),
  );
});
