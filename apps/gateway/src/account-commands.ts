// The commands that change and show members, keys and usage. They work on the store, whether a gateway serves or not.

import { randomBytes } from 'node:crypto';

import { defined } from '@fairlead/kit';

import type { KeyRecord, Limits, MemberRecord, TeamRecord } from './accounts/account-records.ts';
import type { AccountChange } from './accounts/audit-record.ts';
import { createApiKey, hashApiKey } from './accounts/api-key.ts';
import { readAccountName, readLifetimeMs, readLimit, readModelNames, readWeight } from './accounts/read-account.ts';
import { periodsOf } from './limits/calendar.ts';
import type { AccountKind, UsedTokens } from './limits/ledger.ts';
import type { GatewayStore } from './store/gateway-store.ts';
import { type UsageGroup, usageGroups } from './usage/usage-record.ts';

export type AccountFlags = Partial<
  Record<
    | 'team'
    | 'requests-per-minute'
    | 'tokens-per-minute'
    | 'tokens-per-day'
    | 'tokens-per-month'
    | 'max-tokens'
    | 'concurrent'
    | 'weight'
    | 'models'
    | 'expires'
    | 'label'
    | 'by'
    | 'since',
    string
  >
>;

export interface AccountCommand {
  words: readonly string[];
  flags: AccountFlags;
  nowMs: number;
  /** The account that runs it. */
  actor: string;
}

/** The line that is printed; undefined where there is no such command. Throws the errors of the store and `account_invalid`. */
export function runAccountCommand(
  store: GatewayStore,
  { words, flags, nowMs, actor }: AccountCommand,
): object | undefined {
  const [group, verb, name] = words;
  const change: AccountChange = { actor, nowMs };
  const command = words.length === 3 ? `${group} ${verb} NAME` : words.join(' ');
  switch (command) {
    case 'members add NAME':
      return addMember(store, name!, flags, change);
    case 'members list':
      return { event: 'members', ok: true, members: listMembers(store) };
    case 'members remove NAME':
      store.removeMember(name!, change);
      return { event: 'member.removed', ok: true, member: name };
    case 'keys add NAME':
      return { event: 'key.added', ok: true, ...addKey(store, name!, flags, change) };
    case 'keys list':
      return { event: 'keys', ok: true, keys: store.readAccounts().keys.map(showKey) };
    case 'keys revoke NAME':
      return { event: 'key.revoked', ok: true, ...showKey(store.revokeKey(name!, change)) };
    case 'teams set NAME':
      return { event: 'team.set', ok: true, ...setTeam(store, name!, flags, change) };
    case 'teams list':
      return { event: 'teams', ok: true, teams: listTeams(store) };
    case 'teams remove NAME':
      store.removeTeam(name!, change);
      return { event: 'team.removed', ok: true, team: name };
    case 'limits':
      return { event: 'limits', ok: true, accounts: listLimits(store, nowMs) };
    case 'audit':
      return { event: 'audit', ok: true, changes: store.readAudit(sinceOf(flags, nowMs)) };
    case 'usage':
      return sumUsage(store, flags, nowMs);
    default:
      return undefined;
  }
}

function addMember(store: GatewayStore, name: string, flags: AccountFlags, change: AccountChange): object {
  const member: MemberRecord = {
    name: readAccountName('the name', name),
    team: flags.team === undefined ? undefined : readAccountName('--team', flags.team),
    limits: readLimits(flags),
    createdMs: change.nowMs,
  };
  // Before the member is there: a wrong flag leaves nothing behind. The limits are the member's: those of the key come with others of theirs.
  const fresh = makeKey(member.name, { flags, limits: {} }, change.nowMs);
  store.addMember(member, change);
  store.addKey(fresh.record, change);
  return { event: 'member.added', ok: true, ...showKey(fresh.record), ...showMember(member), key: fresh.text };
}

function addKey(store: GatewayStore, member: string, flags: AccountFlags, change: AccountChange): object {
  const fresh = makeKey(member, { flags, limits: readLimits(flags) }, change.nowMs);
  store.addKey(fresh.record, change);
  return { ...showKey(fresh.record), key: fresh.text };
}

function setTeam(store: GatewayStore, name: string, flags: AccountFlags, change: AccountChange): object {
  const team: TeamRecord = {
    name: readAccountName('the name', name),
    weight: flags.weight === undefined ? 1 : readWeight('--weight', flags.weight),
    limits: readLimits(flags),
    createdMs: change.nowMs,
  };
  store.setTeam(team, change);
  return showTeam(team);
}

/** Also those that have members and nothing of their own. */
function listTeams(store: GatewayStore): object[] {
  const { teams, members } = store.readAccounts();
  const named = new Map(teams.map((team) => [team.name, team]));
  for (const { team: name, createdMs } of members)
    if (name !== undefined && !named.has(name)) named.set(name, { name, weight: 1, limits: {}, createdMs });
  return [...named.values()].map((team) => ({
    ...showTeam(team),
    members: members.filter((member) => member.team === team.name).map(({ name }) => name),
  }));
}

function showTeam({ name, weight, limits }: TeamRecord): object {
  return { team: name, weight, limits: defined(limits) };
}

/** Those that have limits, with what they have used of the day and the month. */
function listLimits(store: GatewayStore, nowMs: number): object[] {
  const { teams, members, keys } = store.readAccounts();
  const { day, month } = periodsOf(nowMs);
  const used = store.usedTokens({ monthMs: month.startMs, dayMs: day.startMs });
  const show = (kind: AccountKind, { name, limits }: { name: string; limits: Limits }) => {
    if (Object.keys(defined(limits)).length === 0) return [];
    const own = used.filter((one) => ({ key: one.keyId, member: one.member, team: one.team })[kind] === name);
    const sum = (of: (one: UsedTokens) => number) => own.reduce((total, one) => total + of(one), 0);
    const [today, thisMonth] = [sum((one) => one.today), sum((one) => one.thisMonth)];
    return [{ kind, name, limits: defined(limits), today, thisMonth, dayEndsMs: day.endMs, monthEndsMs: month.endMs }];
  };
  return [
    ...teams.flatMap((team) => show('team', team)),
    ...members.flatMap((member) => show('member', member)),
    ...keys.flatMap(({ id, limits }) => show('key', { name: id, limits })),
  ];
}

function readLimits(flags: AccountFlags): Limits {
  const limit = (flag: keyof AccountFlags) =>
    flags[flag] === undefined ? undefined : readLimit(`--${flag}`, flags[flag]);
  return {
    requestsPerMinute: limit('requests-per-minute'),
    tokensPerMinute: limit('tokens-per-minute'),
    tokensPerDay: limit('tokens-per-day'),
    tokensPerMonth: limit('tokens-per-month'),
    concurrent: limit('concurrent'),
    maxTokens: limit('max-tokens'),
  };
}

/** The text is shown once: the store has its hash. */
function makeKey(
  member: string,
  { flags, limits }: { flags: AccountFlags; limits: Limits },
  nowMs: number,
): { record: KeyRecord; text: string } {
  const { id, key } = createApiKey(randomBytes(40));
  const text = key.reveal();
  const record: KeyRecord = {
    id,
    member,
    label: flags.label === undefined ? undefined : readAccountName('--label', flags.label),
    hash: hashApiKey(text),
    models: flags.models === undefined ? undefined : readModelNames(flags.models),
    createdMs: nowMs,
    expiresMs: flags.expires === undefined ? undefined : nowMs + readLifetimeMs('--expires', flags.expires),
    revokedMs: undefined,
    limits,
  };
  return { record, text };
}

function listMembers(store: GatewayStore): object[] {
  const { members, keys } = store.readAccounts();
  return members.map((member) => ({
    ...showMember(member),
    keys: keys.filter((key) => key.member === member.name).map(showKey),
  }));
}

function showMember({ name, team, limits, createdMs }: MemberRecord): object {
  return { member: name, ...defined({ team }), limits: defined(limits), createdMs };
}

function showKey({ id, member, label, models, createdMs, expiresMs, revokedMs, limits }: KeyRecord): object {
  return { id, member, ...defined({ label, models, expiresMs, revokedMs }), limits: defined(limits), createdMs };
}

function sumUsage(store: GatewayStore, { by = 'member', since }: AccountFlags, nowMs: number): object | undefined {
  const group = usageGroups.find((one) => one === by);
  if (!group) return undefined;
  const sinceMs = sinceOf(defined({ since }), nowMs);
  return { event: 'usage', ok: true, by: group satisfies UsageGroup, sinceMs, sums: store.sumUsage(group, sinceMs) };
}

function sinceOf({ since = '30d' }: Pick<AccountFlags, 'since'>, nowMs: number): number {
  return nowMs - readLifetimeMs('--since', since);
}

/** The lines of the program's usage. */
export const accountCommandUsage = `members add NAME [--team T] [LIMITS] [--label L] [--models A,B] [--expires 30d]
       gateway members list | members remove NAME
       gateway keys add MEMBER [LIMITS] [--label L] [--models A,B] [--expires 30d] | keys list | keys revoke ID
       gateway teams set NAME [--weight N] [LIMITS] | teams list | teams remove NAME
       gateway limits | audit [--since 30d]
       gateway usage [--by ${usageGroups.join('|')}] [--since 30d]
LIMITS: --requests-per-minute, --tokens-per-minute, --tokens-per-day, --tokens-per-month, --concurrent, --max-tokens, each with a number.
`;
