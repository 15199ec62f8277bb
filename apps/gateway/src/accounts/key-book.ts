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

/** What has changed: undefined where it is gone. Of a member who has changed all keys are there. */
export interface AccountsPatch {
  teams: ReadonlyMap<string, TeamRecord | undefined>;
  members: ReadonlyMap<string, MemberRecord | undefined>;
  keys: ReadonlyMap<string, KeyRecord | undefined>;
}

const maxProven = 1_000;

export class KeyBook {
  #teams = new Map<string, TeamRecord>();
  #members = new Map<string, MemberRecord>();
  #keys = new Map<string, KeyRecord>();
  /** Keys that were presented and good, with the hash that they were good for. */
  readonly #proven = new Map<string, { hash: Buffer; bytes: Buffer }>();

  /** Replaces what was known before. */
  replace({ members, keys, teams }: AccountsSnapshot): void {
    this.#teams = new Map(teams.map((team) => [team.name, team]));
    this.#members = new Map(members.map((member) => [member.name, member]));
    this.#keys = new Map(keys.map((key) => [key.id, key]));
  }

  /** Costs no more than what has changed, but for members that were known: all keys are looked through for theirs. */
  patch({ teams, members, keys }: AccountsPatch): void {
    const known = new Set(members.keys().filter((name) => this.#members.has(name)));
    if (known.size > 0) for (const [id, { member }] of this.#keys) if (known.has(member)) this.#keys.delete(id);
    put(this.#teams, teams);
    put(this.#members, members);
    put(this.#keys, keys);
  }

  get size(): number {
    return this.#keys.size;
  }

  #grantOf(keyId: string): Grant | undefined {
    const key = this.#keys.get(keyId);
    const member = key && this.#members.get(key.member);
    return member && { key, member, team: this.#teams.get(member.team ?? '') };
  }

  check(presented: string | undefined, nowMs: number): KeyCheck {
    if (presented === undefined) return { ok: false, why: 'absent' };
    const parsed = parseApiKey(presented);
    if (!parsed.ok) return { ok: false, why: parsed.reason };
    const grant = this.#grantOf(parsed.id);
    if (!grant || !this.#isProven(grant.key, presented)) return { ok: false, why: 'unknown' };
    const why = problemOf(grant.key, nowMs);
    return why ? { ok: false, why } : { ok: true, grant };
  }

  /** The hash takes longer than all else that is done for a key: of those in use it is made once. */
  #isProven({ id, hash }: KeyRecord, presented: string): boolean {
    const bytes = Buffer.from(presented, 'latin1');
    const known = this.#proven.get(id);
    if (known && known.hash === hash && known.bytes.length === bytes.length && timingSafeEqual(known.bytes, bytes))
      return true;
    if (!timingSafeEqual(hash, hashApiKey(presented))) return false;
    if (this.#proven.size >= maxProven) this.#proven.clear();
    this.#proven.set(id, { hash, bytes });
    return true;
  }

  /** Why a key that was good is good no more; undefined while it is. A key whose member was removed is `unknown`. */
  recheck(keyId: string, nowMs: number): KeyProblem | undefined {
    const grant = this.#grantOf(keyId);
    return grant ? problemOf(grant.key, nowMs) : 'unknown';
  }
}

function problemOf({ revokedMs, expiresMs }: KeyRecord, nowMs: number): KeyProblem | undefined {
  if (revokedMs !== undefined) return 'revoked';
  return expiresMs !== undefined && nowMs >= expiresMs ? 'expired' : undefined;
}

function put<T>(known: Map<string, T>, changed: ReadonlyMap<string, T | undefined>): void {
  for (const [name, value] of changed)
    if (value === undefined) known.delete(name);
    else known.set(name, value);
}
