// The keys in memory, as the store last had them, and whether a presented one is good. A request never waits for the store.

import { timingSafeEqual } from 'node:crypto';

import type { Grant, KeyRecord, MemberRecord, TeamRecord } from './account-records.ts';
import { hashApiKey, parseApiKey } from './api-key.ts';

export type KeyCheck = { ok: true; grant: Grant } | { ok: false; why: KeyProblem };

export type KeyProblem = 'absent' | 'foreign' | 'mistyped' | 'unknown' | 'revoked' | 'expired';

export interface AccountsSnapshot {
  members: readonly MemberRecord[];
  keys: readonly KeyRecord[];
  teams: readonly TeamRecord[];
}

export class KeyBook {
  #grants = new Map<string, Grant>();

  /** Replaces what was known before. */
  replace({ members, keys, teams }: AccountsSnapshot): void {
    const teamByName = new Map(teams.map((team) => [team.name, team]));
    const byName = new Map(members.map((member) => [member.name, member]));
    const grants = new Map<string, Grant>();
    for (const key of keys) {
      const member = byName.get(key.member);
      if (member) grants.set(key.id, { key, member, team: teamByName.get(member.team ?? '') });
    }
    this.#grants = grants;
  }

  get size(): number {
    return this.#grants.size;
  }

  check(presented: string | undefined, nowMs: number): KeyCheck {
    if (presented === undefined) return { ok: false, why: 'absent' };
    const parsed = parseApiKey(presented);
    if (!parsed.ok) return { ok: false, why: parsed.reason };
    const grant = this.#grants.get(parsed.id);
    if (!grant || !timingSafeEqual(grant.key.hash, hashApiKey(presented))) return { ok: false, why: 'unknown' };
    const why = problemOf(grant.key, nowMs);
    return why ? { ok: false, why } : { ok: true, grant };
  }

  /** Why a key that was good is good no more; undefined while it is. A key whose member was removed is `unknown`. */
  recheck(keyId: string, nowMs: number): KeyProblem | undefined {
    const grant = this.#grants.get(keyId);
    return grant ? problemOf(grant.key, nowMs) : 'unknown';
  }
}

function problemOf({ revokedMs, expiresMs }: KeyRecord, nowMs: number): KeyProblem | undefined {
  if (revokedMs !== undefined) return 'revoked';
  return expiresMs !== undefined && nowMs >= expiresMs ? 'expired' : undefined;
}
