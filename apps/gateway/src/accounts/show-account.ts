// Keys and members as they are told to people and programs: never a hash. Pure.

import { defined } from '@fairlead/kit';
import type { MemberKey } from '@fairlead/protocol';

import type { InviteRecord, KeyRecord, Limits, MemberRecord } from './account-records.ts';

export function showKey({ id, member, label, models, createdMs, expiresMs, revokedMs, limits }: KeyRecord): MemberKey {
  return {
    id,
    member,
    ...defined({ label, models: models && [...models], expiresMs, revokedMs }),
    limits: showLimits(limits),
    createdMs,
  };
}

export function showMember({ name, team, limits, createdMs }: MemberRecord) {
  return { member: name, ...defined({ team }), limits: showLimits(limits), createdMs };
}

export function showInvite({ id, createdMs, expiresMs, usedMs }: InviteRecord) {
  return { id, createdMs, expiresMs, ...defined({ usedMs }) };
}

export function showLimits(limits: Limits) {
  return defined(limits);
}
