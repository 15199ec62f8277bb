// What the store keeps of members and their keys.

/** Absent: unlimited. */
export interface Limits {
  requestsPerMinute?: number | undefined;
  tokensPerMinute?: number | undefined;
  concurrent?: number | undefined;
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
}

/** A key with its member: what a request is allowed. */
export interface Grant {
  key: KeyRecord;
  member: MemberRecord;
}
