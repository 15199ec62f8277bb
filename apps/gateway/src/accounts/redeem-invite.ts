// An invitation and its end: the code that a member is given, and the key that it becomes, once.

import { timingSafeEqual } from 'node:crypto';

import { CodedError, defined } from '@fairlead/kit';
import type { Joined } from '@fairlead/protocol';

import type { GatewayErrorCode } from '../gateway-error.ts';
import type { GatewayStore } from '../store/gateway-store.ts';
import { inviteUnknown, inviteUsed } from '../store/invite-rows.ts';
import type { InviteRecord, KeyRecord, MemberRecord } from './account-records.ts';
import { createApiKey, createInviteCode, hashApiKey, parseInviteCode } from './api-key.ts';
import { showKey } from './show-account.ts';

export interface NewInvite {
  record: InviteRecord;
  /** A secret: shown once. */
  code: string;
}

/** `random`: at least 40 bytes of chance. */
export function createInvite(
  member: string,
  { key, nowMs, expiresMs }: Pick<InviteRecord, 'key' | 'expiresMs'> & { nowMs: number },
  random: Buffer,
): NewInvite {
  const made = createInviteCode(random);
  const code = made.key.reveal();
  const record = { id: made.id, member, hash: hashApiKey(code), createdMs: nowMs, expiresMs, usedMs: undefined, key };
  return { record, code };
}

/** What a member types after `fairlead join`. */
export function joinLineOf(code: string, url: string): string {
  return `${code}@${url}`;
}

export interface Redeeming {
  store: Pick<GatewayStore, 'findInvite' | 'redeemInvite' | 'findMember'>;
  /** At least 40 bytes of chance. */
  random: Buffer;
  nowMs: number;
  /** The address that asks, for the record of audit. */
  source: string;
}

/** Throws `invite_mistyped`, `invite_unknown`, `invite_expired`, `invite_used`, and the errors of the store. */
export function redeemInvite(code: string, { store, random, nowMs, source }: Redeeming): Joined {
  const parsed = parseInviteCode(code);
  if (!parsed.ok) throw inviteMistyped();
  const invite = store.findInvite(parsed.id);
  const member = invite && store.findMember(invite.member);
  if (!member || !timingSafeEqual(invite.hash, hashApiKey(code))) throw inviteUnknown();
  if (invite.usedMs !== undefined) throw inviteUsed(invite);
  if (invite.expiresMs <= nowMs) throw inviteExpired(invite);
  return giveKey(invite, member, { store, random, nowMs, source });
}

function giveKey(invite: InviteRecord, member: MemberRecord, { store, random, nowMs, source }: Redeeming): Joined {
  const { id, key } = createApiKey(random);
  const record: KeyRecord = {
    id,
    member: invite.member,
    ...invite.key,
    hash: hashApiKey(key.reveal()),
    createdMs: nowMs,
    revokedMs: undefined,
    limits: {},
  };
  store.redeemInvite(invite.id, record, { actor: `${invite.member}@${source}`, nowMs });
  return { ...showKey(record), ...defined({ team: member.team }), key };
}

function inviteMistyped(): CodedError<GatewayErrorCode> {
  return new CodedError('invite_mistyped', 'cannot join because the line has a typo, or was cut short', {
    hint: 'Copy it again, from `flj_` to its end.',
  });
}

function inviteExpired({ expiresMs }: InviteRecord): CodedError<GatewayErrorCode> {
  const at = `${new Date(expiresMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return new CodedError('invite_expired', `cannot join because this line was good until ${at}`, {
    hint: 'Ask the owner of the gateway for another: `fairlead members invite`.',
  });
}
