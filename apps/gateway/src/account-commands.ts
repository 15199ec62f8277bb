// The commands that change and show members, keys and usage. They work on the store, whether a gateway serves or not.

import { randomBytes } from 'node:crypto';

import { defined } from '@fairlead/kit';

import type { KeyRecord, MemberRecord } from './accounts/account-records.ts';
import { createApiKey, hashApiKey } from './accounts/api-key.ts';
import { readAccountName, readLifetimeMs, readLimit, readModelNames } from './accounts/read-account.ts';
import type { GatewayStore } from './store/gateway-store.ts';
import { type UsageGroup, usageGroups } from './usage/usage-record.ts';

export type AccountFlags = Partial<
  Record<
    | 'team'
    | 'requests-per-minute'
    | 'tokens-per-minute'
    | 'concurrent'
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
}

/** The line that is printed; undefined where there is no such command. Throws the errors of the store and `account_invalid`. */
export function runAccountCommand(store: GatewayStore, { words, flags, nowMs }: AccountCommand): object | undefined {
  const [group, verb, name] = words;
  const command = words.length === 3 ? `${group} ${verb} NAME` : words.join(' ');
  switch (command) {
    case 'members add NAME':
      return addMember(store, name!, flags, nowMs);
    case 'members list':
      return { event: 'members', ok: true, members: listMembers(store) };
    case 'members remove NAME':
      store.removeMember(name!);
      return { event: 'member.removed', ok: true, member: name };
    case 'keys add NAME':
      return { event: 'key.added', ok: true, ...addKey(store, name!, flags, nowMs) };
    case 'keys list':
      return { event: 'keys', ok: true, keys: store.readAccounts().keys.map(showKey) };
    case 'keys revoke NAME':
      return { event: 'key.revoked', ok: true, ...showKey(store.revokeKey(name!, nowMs)) };
    case 'usage':
      return sumUsage(store, flags, nowMs);
    default:
      return undefined;
  }
}

function addMember(store: GatewayStore, name: string, flags: AccountFlags, nowMs: number): object {
  const limit = (flag: keyof AccountFlags) =>
    flags[flag] === undefined ? undefined : readLimit(`--${flag}`, flags[flag]);
  const member: MemberRecord = {
    name: readAccountName('the name', name),
    team: flags.team === undefined ? undefined : readAccountName('--team', flags.team),
    limits: {
      requestsPerMinute: limit('requests-per-minute'),
      tokensPerMinute: limit('tokens-per-minute'),
      concurrent: limit('concurrent'),
    },
    createdMs: nowMs,
  };
  // Before the member is there: a wrong flag leaves nothing behind.
  const fresh = makeKey(name, flags, nowMs);
  store.addMember(member);
  store.addKey(fresh.record);
  return { event: 'member.added', ok: true, ...showMember(member), ...showKey(fresh.record), key: fresh.text };
}

function addKey(store: GatewayStore, member: string, flags: AccountFlags, nowMs: number): object {
  const fresh = makeKey(member, flags, nowMs);
  store.addKey(fresh.record);
  return { ...showKey(fresh.record), key: fresh.text };
}

/** The text is shown once: the store has its hash. */
function makeKey(member: string, flags: AccountFlags, nowMs: number): { record: KeyRecord; text: string } {
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

function showKey({ id, member, label, models, createdMs, expiresMs, revokedMs }: KeyRecord): object {
  return { id, member, ...defined({ label, models, expiresMs, revokedMs }), createdMs };
}

function sumUsage(
  store: GatewayStore,
  { by = 'member', since = '30d' }: AccountFlags,
  nowMs: number,
): object | undefined {
  const group = usageGroups.find((one) => one === by);
  if (!group) return undefined;
  const sinceMs = nowMs - readLifetimeMs('--since', since);
  return { event: 'usage', ok: true, by: group satisfies UsageGroup, sinceMs, sums: store.sumUsage(group, sinceMs) };
}

/** The lines of the program's usage. */
export const accountCommandUsage = `members add NAME [--team T] [--requests-per-minute N] [--tokens-per-minute N] [--concurrent N] [--models A,B] [--expires 30d]
       gateway members list | members remove NAME
       gateway keys add MEMBER [--label L] [--models A,B] [--expires 30d] | keys list | keys revoke ID
       gateway usage [--by ${usageGroups.join('|')}] [--since 30d]
`;
