// What one account may still spend: reserve before a request, settle after it. Buckets that fill with time, and sums of the day and the month.
// A request reserves its estimate and can never spend what another has reserved; what it did not use comes back when it is settled. Pure.

import type { Limits } from '../accounts/account-records.ts';
import { periodsOf } from './calendar.ts';

export type LimitKind = 'requests' | 'tokens' | 'concurrent' | 'tokens-day' | 'tokens-month';

export interface Budget {
  /** Left in each bucket at `atMs`. `tokens` is below zero where requests used more than they had reserved. */
  requests: number;
  tokens: number;
  inFlight: number;
  /** Of what is in flight. */
  reserved: number;
  /** Settled in the day and month that began then. */
  day: Period;
  month: Period;
  /** On a clock that never goes back. */
  atMs: number;
}

export interface Period {
  startMs: number;
  used: number;
}

export interface Now {
  /** Of a clock that never goes back. */
  monotonicMs: number;
  wallMs: number;
}

/** What is left of one limit. */
export interface LimitLeft {
  limit: LimitKind;
  /** Of the limit: per minute, per day or month, or at a time. */
  most: number;
  left: number;
  /** Until there is enough, or all of it again. */
  resetMs: number;
}

export interface Refused extends LimitLeft {
  ok: false;
}

export type Reserved = { ok: true; budget: Budget; tokens: number } | Refused;

const minuteMs = 60_000;
/** A slot comes back when a request ends, which nothing foretells. */
const slotRetryMs = 1_000;

export function fullBudget(limits: Limits, now: Now): Budget {
  const { day, month } = periodsOf(now.wallMs);
  return {
    requests: limits.requestsPerMinute ?? 0,
    tokens: limits.tokensPerMinute ?? 0,
    inFlight: 0,
    reserved: 0,
    day: { startMs: day.startMs, used: 0 },
    month: { startMs: month.startMs, used: 0 },
    atMs: now.monotonicMs,
  };
}

/** A request of a larger estimate than the whole limit needs a full bucket and takes all of it: else it could never run. */
export function reserve(before: Budget, limits: Limits, wantedTokens: number, now: Now): Reserved {
  const budget = refill(before, limits, now);
  const { concurrent, requestsPerMinute, tokensPerMinute } = limits;
  if (concurrent !== undefined && budget.inFlight >= concurrent)
    return { ok: false, limit: 'concurrent', most: concurrent, left: 0, resetMs: slotRetryMs };
  if (requestsPerMinute !== undefined && budget.requests < 1)
    return refused('requests', requestsPerMinute, budget.requests, 1);
  const tokens = tokensPerMinute === undefined ? wantedTokens : Math.min(wantedTokens, tokensPerMinute);
  if (tokensPerMinute !== undefined && budget.tokens < tokens)
    return refused('tokens', tokensPerMinute, budget.tokens, tokens);
  const spent = periodRefusal(budget, limits, tokens, now);
  if (spent) return spent;
  return {
    ok: true,
    tokens,
    budget: {
      ...budget,
      inFlight: budget.inFlight + 1,
      reserved: budget.reserved + tokens,
      requests: requestsPerMinute === undefined ? 0 : budget.requests - 1,
      tokens: tokensPerMinute === undefined ? 0 : budget.tokens - tokens,
    },
  };
}

/** `reservedTokens`: as `reserve` gave them. */
export function settleBudget(
  before: Budget,
  limits: Limits,
  { reservedTokens, usedTokens }: { reservedTokens: number; usedTokens: number },
  now: Now,
): Budget {
  const budget = refill(before, limits, now);
  const { tokensPerMinute } = limits;
  const tokens =
    tokensPerMinute === undefined ? 0 : Math.min(tokensPerMinute, budget.tokens + reservedTokens - usedTokens);
  return {
    ...budget,
    inFlight: Math.max(0, budget.inFlight - 1),
    reserved: Math.max(0, budget.reserved - reservedTokens),
    day: spend(budget.day, usedTokens),
    month: spend(budget.month, usedTokens),
    tokens,
  };
}

/** What was used elsewhere, in the day and month of `now`. */
export function addUsed(budget: Budget, { today, thisMonth }: { today: number; thisMonth: number }, now: Now): Budget {
  const { day, month } = periodsOf(now.wallMs);
  return {
    ...budget,
    day: spend(current(budget.day, day.startMs), today),
    month: spend(current(budget.month, month.startMs), thisMonth),
  };
}

/** Of each limit that there is, but those at a time: what is left for the next request. */
export function leftOf(before: Budget, limits: Limits, now: Now): LimitLeft[] {
  const { requestsPerMinute, tokensPerMinute, tokensPerDay, tokensPerMonth } = limits;
  const budget = refill(before, limits, now);
  const left: LimitLeft[] = [];
  if (requestsPerMinute !== undefined) left.push(bucketLeft('requests', requestsPerMinute, budget.requests));
  if (tokensPerMinute !== undefined) left.push(bucketLeft('tokens', tokensPerMinute, budget.tokens));
  const { day, month } = periodsOf(now.wallMs);
  const period = (limit: LimitKind, most: number, used: number, endMs: number) =>
    left.push({ limit, most, left: whole(most - used - budget.reserved), resetMs: endMs - now.wallMs });
  if (tokensPerDay !== undefined) period('tokens-day', tokensPerDay, budget.day.used, day.endMs);
  if (tokensPerMonth !== undefined) period('tokens-month', tokensPerMonth, budget.month.used, month.endMs);
  return left;
}

function bucketLeft(limit: LimitKind, most: number, left: number): LimitLeft {
  return { limit, most, left: whole(left), resetMs: Math.ceil(((most - left) / most) * minuteMs) };
}

function periodRefusal(
  { day, month, reserved }: Budget,
  { tokensPerDay, tokensPerMonth }: Limits,
  tokens: number,
  { wallMs }: Now,
): Refused | undefined {
  if (tokensPerDay === undefined && tokensPerMonth === undefined) return undefined;
  const calendar = periodsOf(wallMs);
  const check = (limit: LimitKind, most: number | undefined, used: number, endMs: number): Refused | undefined => {
    if (most === undefined || used + reserved + Math.min(tokens, most) <= most) return undefined;
    return { ok: false, limit, most, left: whole(most - used - reserved), resetMs: endMs - wallMs };
  };
  return (
    check('tokens-month', tokensPerMonth, month.used, calendar.month.endMs) ??
    check('tokens-day', tokensPerDay, day.used, calendar.day.endMs)
  );
}

function refill(budget: Budget, { requestsPerMinute = 0, tokensPerMinute = 0 }: Limits, now: Now): Budget {
  const minutes = Math.max(0, now.monotonicMs - budget.atMs) / minuteMs;
  const { day, month } = periodsOf(now.wallMs);
  return {
    inFlight: budget.inFlight,
    reserved: budget.reserved,
    requests: Math.min(requestsPerMinute, budget.requests + minutes * requestsPerMinute),
    tokens: Math.min(tokensPerMinute, budget.tokens + minutes * tokensPerMinute),
    day: current(budget.day, day.startMs),
    month: current(budget.month, month.startMs),
    atMs: Math.max(budget.atMs, now.monotonicMs),
  };
}

/** A clock that was set back does not begin a period anew. */
function current(period: Period, startMs: number): Period {
  return startMs > period.startMs ? { startMs, used: 0 } : period;
}

function spend({ startMs, used }: Period, tokens: number): Period {
  return { startMs, used: used + tokens };
}

function refused(limit: 'requests' | 'tokens', most: number, left: number, needed: number): Refused {
  const resetMs = most === 0 ? minuteMs : Math.ceil(((needed - left) / most) * minuteMs);
  return { ok: false, limit, most, left: whole(left), resetMs };
}

function whole(left: number): number {
  return Math.max(0, Math.floor(left));
}
