// What a member does with keys of their own, by the key that asks: never for more than that key is for.

import { CodedError } from '@fairlead/kit';
import type { CreateMemberKey, MemberKey, NewMemberKey, RotatedMemberKey } from '@fairlead/protocol';

import type { GatewayErrorCode } from '../gateway-error.ts';
import type { GatewayStore } from '../store/gateway-store.ts';
import type { Grant, KeyRecord, Limits } from './account-records.ts';
import { createApiKey, hashApiKey } from './api-key.ts';
import { readAccountName } from './read-account.ts';
import { showKey } from './show-account.ts';

export interface OwnKeysDeps {
  store: Pick<GatewayStore, 'keysOf' | 'addKey' | 'expireKey' | 'revokeKey'>;
  /** At least 40 bytes of chance. */
  random: () => Buffer;
  nowMs: number;
  /** The address that asks, for the record of audit. */
  source: string;
}

export interface OwnKeys {
  list(): MemberKey[];
  /** Throws `key_scope` and `account_invalid`. */
  create(wanted: CreateMemberKey): NewMemberKey;
  /** Throws `key_scope` and `key_unknown`. */
  rotate(id: string, overlapMs: number): RotatedMemberKey;
  /** Throws `key_scope` and `key_unknown`. */
  revoke(id: string): MemberKey;
}

const maxLiveKeys = 100;
const dayMs = 86_400_000;
/** Also those that were revoked since: each stays in the store. */
const maxKeysADay = 500;
const maxOverlapMs = 30 * dayMs;

type Scope = Pick<KeyRecord, 'models' | 'expiresMs' | 'limits'>;

export function openOwnKeys({ key: asking, member }: Grant, { store, random, nowMs, source }: OwnKeysDeps): OwnKeys {
  const change = { actor: `${member.name}@${source}`, nowMs };
  function find(id: string): KeyRecord {
    const found = store.keysOf(member.name).find((key) => key.id === id);
    if (!found) throw keyUnknown(id);
    return found;
  }
  function add(fields: Pick<KeyRecord, 'label'> & Scope): { record: KeyRecord; told: NewMemberKey } {
    const isLive = (key: KeyRecord) =>
      key.revokedMs === undefined && !(key.expiresMs !== undefined && key.expiresMs <= nowMs);
    const known = store.keysOf(member.name);
    if (known.filter(isLive).length >= maxLiveKeys) throw tooManyKeys();
    if (known.filter(({ createdMs }) => createdMs > nowMs - dayMs).length >= maxKeysADay) throw tooManyToday();
    const made = createApiKey(random());
    const hash = hashApiKey(made.key.reveal());
    const record = { ...fields, id: made.id, member: member.name, hash, createdMs: nowMs, revokedMs: undefined };
    store.addKey(record, change);
    return { record, told: { ...showKey(record), key: made.key } };
  }
  return {
    list: () => store.keysOf(member.name).map(showKey),
    create({ label, models, lifetimeMs, limits = {} }) {
      const scope = {
        models: models ?? asking.models,
        expiresMs: lifetimeMs === undefined ? asking.expiresMs : nowMs + lifetimeMs,
        limits: { ...limits, maxTokens: limits.maxTokens ?? asking.limits.maxTokens },
      };
      refuseWider('make such a key', asking, scope);
      return add({ label: label === undefined ? undefined : readAccountName('the label', label), ...scope }).told;
    },
    rotate(id, overlapMs) {
      const old = find(id);
      refuseWider(`rotate ${id}`, asking, old);
      if (old.revokedMs !== undefined || (old.expiresMs !== undefined && old.expiresMs <= nowMs)) throw keyOver(id);
      const { told } = add(old);
      const until = nowMs + Math.min(overlapMs, maxOverlapMs);
      const ended = store.expireKey(id, Math.min(until, old.expiresMs ?? until), change);
      return { ...told, replaces: showKey(ended) };
    },
    revoke(id) {
      const wanted = find(id);
      if (id !== asking.id) refuseWider(`revoke ${id}`, asking, wanted);
      return showKey(store.revokeKey(id, change));
    },
  };
}

/** A budget of a key is not shared with its copies: who has such a key could have it any number of times. */
const budgets: ReadonlyArray<keyof Limits> = [
  'requestsPerMinute',
  'tokensPerMinute',
  'tokensPerDay',
  'tokensPerMonth',
  'concurrent',
];

function refuseWider(what: string, asking: KeyRecord, wanted: Scope): void {
  const why = widerBy(asking, wanted);
  if (why === undefined) return;
  throw new CodedError<GatewayErrorCode>('key_scope', `cannot ${what} because ${why}`, {
    hint: 'Ask for less, use a key of yours that is for more, or ask the owner of the gateway.',
  });
}

/** In what the wanted scope exceeds that of the key that asks. */
function widerBy({ models, expiresMs, limits }: Scope, wanted: Scope): string | undefined {
  if (budgets.some((name) => limits[name] !== undefined))
    return 'the key that asks has a budget of its own, and another key would have it again';
  const more = models && (wanted.models ?? ['all models']).filter((name) => !models.includes(name));
  if (more && more.length > 0) return `the key that asks is not for ${more.join(', ')}`;
  if (expiresMs !== undefined && (wanted.expiresMs ?? Infinity) > expiresMs)
    return 'the key that asks ends before that one would';
  if (limits.maxTokens !== undefined && (wanted.limits.maxTokens ?? Infinity) > limits.maxTokens)
    return `the key that asks is for ${limits.maxTokens} tokens an answer`;
  return undefined;
}

function tooManyKeys(): CodedError<GatewayErrorCode> {
  return new CodedError('key_scope', `cannot make a key because there are ${maxLiveKeys} of yours that are good`, {
    hint: 'Revoke one: `fairlead keys list`, `fairlead keys revoke`.',
  });
}

function tooManyToday(): CodedError<GatewayErrorCode> {
  return new CodedError('key_scope', `cannot make a key because ${maxKeysADay} of yours were made within a day`, {
    hint: 'Use one for longer, or wait until tomorrow.',
  });
}

function keyUnknown(id: string): CodedError<GatewayErrorCode> {
  return new CodedError('key_unknown', `cannot use the key ${id} because you have none with that id`, {
    hint: 'See `fairlead keys list`.',
  });
}

function keyOver(id: string): CodedError<GatewayErrorCode> {
  return new CodedError('key_unknown', `cannot rotate ${id} because it is good no more`, {
    hint: 'Make another: `fairlead keys create`.',
  });
}
