// The budgets of all keys, members and teams, and what their requests have reserved. One turn of the event loop reserves: no two requests see the
// same rest. A request needs room in each of its accounts, and takes of all or of none.

import type { Grant, Limits } from '../accounts/account-records.ts';
import {
  addUsed,
  type Budget,
  fullBudget,
  leftOf,
  type LimitLeft,
  type Now,
  type Refused,
  reserve,
  settleBudget,
} from './budget.ts';

export type AccountKind = 'key' | 'member' | 'team';

interface Account {
  kind: AccountKind;
  name: string;
  limits: Limits;
}

export interface Reservation {
  parts: ReadonlyArray<{ account: string; tokens: number }>;
}

export type RefusedBy = Refused & { whose: AccountKind };
export type Admitted = { ok: true; reservation: Reservation } | RefusedBy;

/** Tokens that another process has settled. */
export interface UsedTokens {
  keyId: string;
  member: string;
  team: string | undefined;
  today: number;
  thisMonth: number;
}

export class Ledger {
  readonly #budgets = new Map<string, { budget: Budget; limits: Limits }>();

  /** What the usage tells of this day and month before the first request, and what another process has settled since. */
  remember(used: readonly UsedTokens[], now: Now): void {
    for (const { keyId, member, team, today, thisMonth } of used)
      for (const account of [`key ${keyId}`, `member ${member}`, ...(team === undefined ? [] : [`team ${team}`])])
        this.#addUsed(account, { today, thisMonth }, now);
  }

  /** The limits are those of now: a change holds for the next request. */
  reserve(grant: Grant, wantedTokens: number, now: Now): Admitted {
    const parts: Array<{ account: string; tokens: number; budget: Budget; limits: Limits }> = [];
    for (const { kind, name, limits } of accountsOf(grant)) {
      const account = `${kind} ${name}`;
      const reserved = reserve(this.#budgetOf(account, limits, now), limits, wantedTokens, now);
      if (!reserved.ok) return { ...reserved, whose: kind };
      parts.push({ account, limits, budget: reserved.budget, tokens: reserved.tokens });
    }
    for (const { account, budget, limits } of parts) this.#budgets.set(account, { budget, limits });
    return { ok: true, reservation: { parts: parts.map(({ account, tokens }) => ({ account, tokens })) } };
  }

  /** Once for each reservation. */
  settle({ parts }: Reservation, usedTokens: number, now: Now): void {
    for (const { account, tokens } of parts) {
      const known = this.#budgets.get(account);
      if (!known) continue;
      const budget = settleBudget(known.budget, known.limits, { reservedTokens: tokens, usedTokens }, now);
      this.#budgets.set(account, { ...known, budget });
    }
  }

  /** Of each kind of limit the one with the least left. */
  leftOf(grant: Grant, now: Now): LimitLeft[] {
    const least: LimitLeft[] = [];
    for (const { kind, name, limits } of accountsOf(grant)) {
      if (!hasPace(limits)) continue;
      for (const one of leftOf(this.#budgetOf(`${kind} ${name}`, limits, now), limits, now)) {
        const at = least.findIndex(({ limit }) => limit === one.limit);
        if (at === -1) least.push(one);
        else if (one.left < least[at]!.left) least[at] = one;
      }
    }
    return least;
  }

  inFlight(kind: AccountKind, name: string): number {
    return this.#budgets.get(`${kind} ${name}`)?.budget.inFlight ?? 0;
  }

  #budgetOf(account: string, limits: Limits, now: Now): Budget {
    const known = this.#budgets.get(account);
    if (known && sameBuckets(known.limits, limits)) return known.budget;
    return moved(known?.budget, limits, now);
  }

  #addUsed(account: string, used: Pick<UsedTokens, 'today' | 'thisMonth'>, now: Now): void {
    const { budget, limits } = this.#budgets.get(account) ?? { budget: fullBudget({}, now), limits: {} };
    this.#budgets.set(account, { limits, budget: addUsed(budget, used, now) });
  }
}

function accountsOf({ key, member, team }: Grant): Account[] {
  const accounts: Account[] = [
    { kind: 'key', name: key.id, limits: key.limits },
    { kind: 'member', name: member.name, limits: member.limits },
  ];
  if (member.team !== undefined) accounts.push({ kind: 'team', name: member.team, limits: team?.limits ?? {} });
  return accounts;
}

/** Whether one of its limits is told. */
function hasPace({ requestsPerMinute, tokensPerMinute, tokensPerDay, tokensPerMonth }: Limits): boolean {
  return (requestsPerMinute ?? tokensPerMinute ?? tokensPerDay ?? tokensPerMonth) !== undefined;
}

/** The others are compared with what was used, whatever they were before. */
function sameBuckets(a: Limits, b: Limits): boolean {
  return a.requestsPerMinute === b.requestsPerMinute && a.tokensPerMinute === b.tokensPerMinute;
}

/** What is in flight and what was used still counts; the buckets begin anew. */
function moved(before: Budget | undefined, limits: Limits, now: Now): Budget {
  const { requests, tokens, ...fresh } = fullBudget(limits, now);
  return { ...fresh, ...before, requests, tokens, atMs: fresh.atMs };
}
