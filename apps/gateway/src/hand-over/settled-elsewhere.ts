// What a process that drains has settled, as it tells its successor: the successor's budgets know of it, and the row of usage is there already.

import type { Now } from '../limits/budget.ts';
import { periodsOf } from '../limits/calendar.ts';
import type { UsedTokens } from '../limits/ledger.ts';
import type { UsageRecord } from '../usage/usage-record.ts';

export interface SettledElsewhere {
  keyId: string;
  member: string;
  team: string | undefined;
  atMs: number;
  tokens: number;
}

export function settledOf(records: readonly UsageRecord[]): SettledElsewhere[] {
  return records.map(({ keyId, member, team, atMs, promptTokens, completionTokens }) => ({
    keyId,
    member,
    team,
    atMs,
    tokens: promptTokens + completionTokens,
  }));
}

/** What is not of this form is passed over: the other process may be of another version. */
export function readSettled(text: string): SettledElsewhere[] {
  const value: unknown = JSON.parse(text);
  return Array.isArray(value) ? value.filter(isSettled) : [];
}

function isSettled(value: unknown): value is SettledElsewhere {
  const { keyId, member, team, atMs, tokens } = (value ?? {}) as Partial<SettledElsewhere>;
  const isNamed =
    typeof keyId === 'string' && typeof member === 'string' && ['string', 'undefined'].includes(typeof team);
  return isNamed && Number.isFinite(atMs) && Number.isSafeInteger(tokens) && Number(tokens) >= 0;
}

export function usedOf(settled: readonly SettledElsewhere[], { wallMs }: Now): UsedTokens[] {
  const { day, month } = periodsOf(wallMs);
  return settled.map(({ keyId, member, team, atMs, tokens }) => ({
    keyId,
    member,
    team,
    today: atMs >= day.startMs ? tokens : 0,
    thisMonth: atMs >= month.startMs ? tokens : 0,
  }));
}
