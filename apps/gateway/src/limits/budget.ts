// What an account may still spend: reserve before a request, settle after it. Buckets that fill with time. Pure.
// A request reserves its estimate and can never spend what another has reserved; what it did not use comes back when it is settled.

import type { Limits } from '../accounts/account-records.ts';

export type LimitKind = 'requests' | 'tokens' | 'concurrent';

export interface Budget {
  /** Left in each bucket at `atMs`. `tokens` is below zero where requests used more than they had reserved. */
  requests: number;
  tokens: number;
  inFlight: number;
  /** On a clock that never goes back. */
  atMs: number;
}

export interface Refused {
  ok: false;
  limit: LimitKind;
  /** Of the limit, per minute or at a time. */
  most: number;
  left: number;
  retryAfterMs: number;
}

export type Reserved = { ok: true; budget: Budget; tokens: number } | Refused;

const minuteMs = 60_000;
/** A slot comes back when a request ends, which nothing foretells. */
const slotRetryMs = 1_000;

export function fullBudget(limits: Limits, nowMs: number): Budget {
  return { requests: limits.requestsPerMinute ?? 0, tokens: limits.tokensPerMinute ?? 0, inFlight: 0, atMs: nowMs };
}

/** A request of a larger estimate than the whole limit needs a full bucket and takes all of it: else it could never run. */
export function reserve(before: Budget, limits: Limits, wantedTokens: number, nowMs: number): Reserved {
  const budget = refill(before, limits, nowMs);
  const { concurrent, requestsPerMinute, tokensPerMinute } = limits;
  if (concurrent !== undefined && budget.inFlight >= concurrent)
    return { ok: false, limit: 'concurrent', most: concurrent, left: 0, retryAfterMs: slotRetryMs };
  if (requestsPerMinute !== undefined && budget.requests < 1)
    return refused('requests', requestsPerMinute, budget.requests, 1);
  const tokens = tokensPerMinute === undefined ? wantedTokens : Math.min(wantedTokens, tokensPerMinute);
  if (tokensPerMinute !== undefined && budget.tokens < tokens)
    return refused('tokens', tokensPerMinute, budget.tokens, tokens);
  return {
    ok: true,
    tokens,
    budget: {
      ...budget,
      inFlight: budget.inFlight + 1,
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
  nowMs: number,
): Budget {
  const budget = refill(before, limits, nowMs);
  const { tokensPerMinute } = limits;
  const tokens =
    tokensPerMinute === undefined ? 0 : Math.min(tokensPerMinute, budget.tokens + reservedTokens - usedTokens);
  return { ...budget, inFlight: Math.max(0, budget.inFlight - 1), tokens };
}

function refill(budget: Budget, { requestsPerMinute = 0, tokensPerMinute = 0 }: Limits, nowMs: number): Budget {
  const minutes = Math.max(0, nowMs - budget.atMs) / minuteMs;
  return {
    inFlight: budget.inFlight,
    requests: Math.min(requestsPerMinute, budget.requests + minutes * requestsPerMinute),
    tokens: Math.min(tokensPerMinute, budget.tokens + minutes * tokensPerMinute),
    atMs: Math.max(budget.atMs, nowMs),
  };
}

function refused(limit: 'requests' | 'tokens', most: number, left: number, needed: number): Refused {
  const retryAfterMs = most === 0 ? minuteMs : Math.ceil(((needed - left) / most) * minuteMs);
  return { ok: false, limit, most, left: Math.max(0, Math.floor(left)), retryAfterMs };
}
