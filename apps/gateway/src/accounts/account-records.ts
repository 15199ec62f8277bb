// What the store keeps of members and their keys.

/** Absent: unlimited. */
export interface Limits {
  requestsPerMinute?: number | undefined;
  tokensPerMinute?: number | undefined;
  /** Days and months begin at midnight UTC. */
  tokensPerDay?: number | undefined;
  tokensPerMonth?: number | undefined;
  concurrent?: number | undefined;
  /** Of one answer. */
  maxTokens?: number | undefined;
}

export interface TeamRecord {
  name: string;
  /** Its share of the tokens beside other teams, where requests wait. */
  weight: number;
  /** Of all its members together. */
  limits: Limits;
  createdMs: number;
}

export interface MemberRecord {
  name: string;
  team: string | undefined;
  limits: Limits;
  createdMs: number;
}

export interface KeyRecord {
  id: string;
  member: string;
  /** For people who have several. */
  label: string | undefined;
  hash: Buffer;
  /** Names of models that it may use; undefined: all. */
  models: readonly string[] | undefined;
  createdMs: number;
  expiresMs: number | undefined;
  revokedMs: number | undefined;
  limits: Limits;
}

/** The promise of a key to a member, who redeems it once. A member has one that is open at the most. */
export interface InviteRecord {
  id: string;
  member: string;
  /** Of its code. */
  hash: Buffer;
  createdMs: number;
  expiresMs: number;
  usedMs: number | undefined;
  /** What the key will be. */
  key: Pick<KeyRecord, 'label' | 'models' | 'expiresMs'>;
}

/** A key with its member: what a request is allowed. */
export interface Grant {
  key: KeyRecord;
  member: MemberRecord;
  /** Where its member's team has a record. */
  team: TeamRecord | undefined;
}
