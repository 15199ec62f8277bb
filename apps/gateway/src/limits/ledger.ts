// The budgets of all members, and what their requests have reserved. One turn of the event loop reserves: no two requests see the same rest.

import type { Limits, MemberRecord } from '../accounts/account-records.ts';
import { type Budget, fullBudget, type Refused, reserve, settleBudget } from './budget.ts';

export interface Reservation {
  member: string;
  tokens: number;
}

export type Admitted = { ok: true; reservation: Reservation } | Refused;

export class Ledger {
  readonly #budgets = new Map<string, { budget: Budget; limits: Limits }>();

  /** `nowMs` is of a clock that never goes back. The limits are those of now: a change holds for the next request. */
  reserve({ name, limits }: Pick<MemberRecord, 'name' | 'limits'>, tokens: number, nowMs: number): Admitted {
    const known = this.#budgets.get(name);
    const budget = known && sameLimits(known.limits, limits) ? known.budget : moved(known?.budget, limits, nowMs);
    const reserved = reserve(budget, limits, tokens, nowMs);
    if (!reserved.ok) return reserved;
    this.#budgets.set(name, { budget: reserved.budget, limits });
    return { ok: true, reservation: { member: name, tokens: reserved.tokens } };
  }

  /** Once for each reservation. */
  settle({ member, tokens }: Reservation, usedTokens: number, nowMs: number): void {
    const known = this.#budgets.get(member);
    if (!known) return;
    const budget = settleBudget(known.budget, known.limits, { reservedTokens: tokens, usedTokens }, nowMs);
    this.#budgets.set(member, { ...known, budget });
  }

  inFlight(member: string): number {
    return this.#budgets.get(member)?.budget.inFlight ?? 0;
  }
}

function sameLimits(a: Limits, b: Limits): boolean {
  return (
    a.requestsPerMinute === b.requestsPerMinute &&
    a.tokensPerMinute === b.tokensPerMinute &&
    a.concurrent === b.concurrent
  );
}

/** Requests in flight still count; the buckets begin anew. */
function moved(before: Budget | undefined, limits: Limits, nowMs: number): Budget {
  return { ...fullBudget(limits, nowMs), inFlight: before?.inFlight ?? 0 };
}
