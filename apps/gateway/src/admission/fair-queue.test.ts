// The queue in front of a simulated engine: some slots, a time for each token.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { FairQueue, type Waiting } from './fair-queue.ts';

interface Sender {
  team: string;
  member: string;
  weight?: number;
  /** Requests in a thousand ticks. */
  rate: number;
  tokens: number;
  /** As reserved: most requests use less than they could. */
  estimate?: number;
}

interface Request extends Waiting {
  tokens: number;
  cameAt: number;
}

const model = 'm';

/** Tokens that each team and member got, and the longest wait of each member. A tick: one token in each slot. */
function simulate(senders: readonly Sender[], { slots, ticks }: { slots: number; ticks: number }) {
  const queue = new FairQueue<Request>();
  const running: Array<{ request: Request; endsAt: number }> = [];
  const got = new Map<string, number>();
  const waits = new Map<string, number>();
  const add = (name: string, tokens: number) => got.set(name, (got.get(name) ?? 0) + tokens);
  for (let now = 0; now < ticks; now += 1) {
    for (const { team, member, weight = 1, rate, tokens, estimate = tokens } of senders) {
      const due = Math.floor((now * rate) / 1_000) - Math.floor(((now - 1) * rate) / 1_000);
      for (let at = 0; at < due; at += 1)
        queue.push({ team, member, weight, model, cost: estimate, tokens, cameAt: now });
    }
    for (let at = running.length - 1; at >= 0; at -= 1) {
      const { request, endsAt } = running[at]!;
      if (endsAt > now) continue;
      running.splice(at, 1);
      queue.correct(request, request.tokens - request.cost);
      add(request.team, request.tokens);
      add(request.member, request.tokens);
    }
    while (running.length < slots) {
      const request = queue.take(() => true);
      if (!request) break;
      waits.set(request.member, Math.max(waits.get(request.member) ?? 0, now - request.cameAt));
      running.push({ request, endsAt: now + request.tokens });
    }
  }
  return { got, waits };
}

function jain(values: readonly number[]): number {
  const sum = values.reduce((a, b) => a + b, 0);
  return sum ** 2 / (values.length * values.reduce((a, b) => a + b * b, 0));
}

describe('A queue for teams', () => {
  const teams = ['a', 'b', 'c', 'd'];
  it.each([
    ['one sends ten times as much', { tokens: 50 }],
    ['one sends ten times as much, and reserves ten times what it uses', { tokens: 50, estimate: 500 }],
    ['one sends ten times as much, in requests ten times as long', { tokens: 500 }],
  ])('gives equal shares where %s', (_, greedy) => {
    const senders = teams.map((team, at) => ({
      team,
      member: team,
      rate: 100,
      tokens: 50,
      ...(at === 0 && { ...greedy, rate: 1_000 }),
    }));
    const { got } = simulate(senders, { slots: 8, ticks: 20_000 });
    expect(jain(teams.map((team) => got.get(team) ?? 0))).toBeGreaterThan(0.95);
  });

  it('gives a team of weight 3 three times as much, within 10 %', () => {
    const senders = [3, 1].map((weight) => ({
      team: `w${weight}`,
      member: `m${weight}`,
      weight,
      rate: 400,
      tokens: 40,
    }));
    const { got } = simulate(senders, { slots: 8, ticks: 20_000 });
    expect(got.get('w3')! / got.get('w1')!).toBeGreaterThan(2.7);
    expect(got.get('w3')! / got.get('w1')!).toBeLessThan(3.3);
  });

  it('gives equal shares to the members of a team, and to a team of one as much as to a team of ten', () => {
    const ten = Array.from({ length: 10 }, (__, at) => ({
      team: 'ten',
      member: `t${at}`,
      rate: at === 0 ? 500 : 100,
      tokens: 40,
    }));
    const { got } = simulate([...ten, { team: 'one', member: 'o', rate: 500, tokens: 40 }], {
      slots: 8,
      ticks: 20_000,
    });
    expect(jain(ten.map(({ member }) => got.get(member) ?? 0))).toBeGreaterThan(0.95);
    expect(jain([got.get('ten')!, got.get('one')!])).toBeGreaterThan(0.95);
  });

  it('lets a member who asks now and then wait for little more than one request, whatever the others send', () => {
    const { waits } = simulate(
      [
        { team: 'a', member: 'greedy', rate: 5_000, tokens: 200 },
        { team: 'a', member: 'second', rate: 2_000, tokens: 200 },
        { team: 'b', member: 'rare', rate: 5, tokens: 20 },
      ],
      { slots: 4, ticks: 20_000 },
    );
    expect(waits.get('rare')).toBeLessThanOrEqual(200);
  });

  it('does not let a team save up what it did not use', () => {
    const queue = new FairQueue<Waiting>();
    const entry = (team: string): Waiting => ({ team, member: team, weight: 1, model, cost: 10 });
    for (let at = 0; at < 100; at += 1) queue.charge(entry('busy'));
    for (let at = 0; at < 10; at += 1) for (const team of ['busy', 'late']) queue.push(entry(team));
    const order = Array.from({ length: 10 }, () => queue.take(() => true)!.team);
    expect(order.filter((team) => team === 'late').length).toBeLessThanOrEqual(6);
  });

  it('passes over requests whose model cannot run, and keeps their order', () => {
    const queue = new FairQueue<Waiting & { id: number }>();
    [model, 'other', model].forEach((name, id) =>
      queue.push({ id, team: 'a', member: 'a', weight: 1, model: name, cost: 1 }),
    );
    expect(queue.take((name) => name === 'other')?.id).toBe(1);
    expect(queue.take((name) => name === 'other')).toBeUndefined();
    expect([queue.take(() => true)?.id, queue.take(() => true)?.id, queue.size]).toEqual([0, 2, 0]);
  });

  it('tells the place of a request: behind its own older ones and one of each other member', () => {
    const queue = new FairQueue<Waiting>();
    const push = (team: string, member: string) => {
      const entry = { team, member, weight: 1, model, cost: 1 };
      queue.push(entry);
      return entry;
    };
    const [, second] = [push('a', 'ann'), push('a', 'ann')];
    expect(queue.placeOf(second)).toBe(2);
    push('a', 'bob');
    push('b', 'eve');
    expect(queue.placeOf(second)).toBe(4);
    expect(queue.remove(second)).toBe(true);
    expect([queue.remove(second), queue.placeOf(second), queue.waitingOf('a', 'ann')]).toEqual([false, 0, 1]);
  });
});

it('Whatever comes in whatever order: each request comes out once, and those of a member in their order', () => {
  const step = fc.record({
    team: fc.nat(3),
    member: fc.nat(2),
    cost: fc.nat(1_000),
    do: fc.constantFrom('push', 'take', 'drop'),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const queue = new FairQueue<Waiting & { id: number }>();
      const inside = new Map<number, Waiting & { id: number }>();
      const lastOf = new Map<string, number>();
      steps.forEach(({ team, member, cost, do: what }, id) => {
        if (what === 'push') {
          const entry = { id, team: `t${team}`, member: `t${team}m${member}`, weight: 1 + team, model, cost };
          inside.set(id, entry);
          queue.push(entry);
        } else if (what === 'take') {
          const entry = queue.take(() => true);
          expect(entry === undefined).toBe(inside.size === 0);
          if (!entry) return;
          expect(inside.delete(entry.id)).toBe(true);
          expect(entry.id).toBeGreaterThan(lastOf.get(entry.member) ?? -1);
          lastOf.set(entry.member, entry.id);
        } else {
          const [first] = inside.values();
          if (first) expect(queue.remove(first) && inside.delete(first.id)).toBe(true);
        }
        expect(queue.size).toBe(inside.size);
      });
    }),
  );
});
