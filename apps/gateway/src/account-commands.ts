// The commands that change and show members, keys and usage. They work on the store, whether a gateway serves or not.

import { randomBytes } from 'node:crypto';

import { defined } from '@fairlead/kit';

import type { KeyRecord, Limits, MemberRecord, TeamRecord } from './accounts/account-records.ts';
import type { AccountChange } from './accounts/audit-record.ts';
import { createApiKey, hashApiKey } from './accounts/api-key.ts';
import { createInvite, joinLineOf } from './accounts/redeem-invite.ts';
import { showInvite, showKey, showLimits, showMember } from './accounts/show-account.ts';
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
    | 'since'
    | 'join-within',
    string
  >
>;

export interface AccountCommand {
  words: readonly string[];
  flags: AccountFlags;
  nowMs: number;
  /** The account that runs it. */
  actor: string;
  /** Where members reach the gateway, for a command that invites one (`invitesMember`). */
  url?: string | undefined;
}

/** Whether the command makes a line for `fairlead join`, which has the URL of the gateway. */
export function invitesMember([group, verb]: readonly string[], { key }: { key?: boolean | undefined }): boolean {
  return group === 'members' && (verb === 'invite' || (verb === 'add' && key !== true));
}

/** The line that is printed; undefined where there is no such command. Throws the errors of the store and `account_invalid`. */
export function runAccountCommand(
  store: GatewayStore,
  { words, flags, nowMs, actor, url }: AccountCommand,
): object | undefined {
  const [group, verb, name] = words;
  const change: AccountChange = { actor, nowMs };
  const command = words.length === 3 ? `${group} ${verb} NAME` : words.join(' ');
  switch (command) {
    case 'members add NAME':
      return addMember(store, { name: name!, flags, url }, change);
    case 'members invite NAME':
      return { event: 'member.invited', ok: true, member: name, ...invite(store, { name: name!, flags, url }, change) };
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

interface MemberArgs {
  name: string;
  flags: AccountFlags;
  /** Absent: the member gets a key at once, and no invitation. */
  url: string | undefined;
}

/** The limits are the member's: those of the key come with others of theirs. A wrong flag leaves nothing behind. */
function addMember(store: GatewayStore, { name, flags, url }: MemberArgs, change: AccountChange): object {
  const member: MemberRecord = {
    name: readAccountName('the name', name),
    team: flags.team === undefined ? undefined : readAccountName('--team', flags.team),
    limits: readLimits(flags),
    createdMs: change.nowMs,
  };
  const line = { event: 'member.added', ok: true, ...showMember(member) };
  if (url !== undefined) {
    const made = makeInvite({ name, flags, url }, change.nowMs);
    store.addMember(member, change);
    store.addInvite(made.record, change);
    return { ...line, ...made.told };
  }
  const fresh = makeKey(member.name, { flags, limits: {} }, change.nowMs);
  store.addMember(member, change);
  store.addKey(fresh.record, change);
  return { ...showKey(fresh.record), ...line, key: fresh.text };
}

function invite(store: GatewayStore, args: MemberArgs, change: AccountChange): object {
  const { record, told } = makeInvite(args, change.nowMs);
  store.addInvite(record, change);
  return told;
}

function makeInvite({ name, flags, url = '' }: MemberArgs, nowMs: number) {
  const within = readLifetimeMs('--join-within', flags['join-within'] ?? '7d');
  const key = readKeyFlags(flags, nowMs);
  const { record, code } = createInvite(name, { key, nowMs, expiresMs: nowMs + within }, randomBytes(40));
  const { models, expiresMs } = key;
  const told = {
    invite: showInvite(record),
    ...defined({ models, expiresMs }),
    joinLine: joinLineOf(code, url),
  };
  return { record, told };
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
  return { team: name, weight, limits: showLimits(limits) };
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
    return [
      { kind, name, limits: showLimits(limits), today, thisMonth, dayEndsMs: day.endMs, monthEndsMs: month.endMs },
    ];
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
    ...readKeyFlags(flags, nowMs),
    hash: hashApiKey(text),
    createdMs: nowMs,
    revokedMs: undefined,
    limits,
  };
  return { record, text };
}

function readKeyFlags(flags: AccountFlags, nowMs: number): Pick<KeyRecord, 'label' | 'models' | 'expiresMs'> {
  return {
    label: flags.label === undefined ? undefined : readAccountName('--label', flags.label),
    models: flags.models === undefined ? undefined : readModelNames(flags.models),
    expiresMs: flags.expires === undefined ? undefined : nowMs + readLifetimeMs('--expires', flags.expires),
  };
}

function listMembers(store: GatewayStore): object[] {
  const { members, keys } = store.readAccounts();
  const invites = store.readInvites();
  return members.map((member) => ({
    ...showMember(member),
    keys: keys.filter((key) => key.member === member.name).map(showKey),
    invites: invites.filter((invite) => invite.member === member.name).map(showInvite),
  }));
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
export const accountCommandUsage = `members add NAME [--team T] [LIMITS] [--label L] [--models A,B] [--expires 30d] [--key | --url URL] [--join-within 7d]
       gateway members invite NAME [--label L] [--models A,B] [--expires 30d] [--url URL] [--join-within 7d]
       gateway members list | members remove NAME
       gateway keys add MEMBER [LIMITS] [--label L] [--models A,B] [--expires 30d] | keys list | keys revoke ID
       gateway teams set NAME [--weight N] [LIMITS] | teams list | teams remove NAME
       gateway limits | audit [--since 30d]
       gateway usage [--by ${usageGroups.join('|')}] [--since 30d]
LIMITS: --requests-per-minute, --tokens-per-minute, --tokens-per-day, --tokens-per-month, --concurrent, --max-tokens, each with a number.
`;
