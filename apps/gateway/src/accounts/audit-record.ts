// Who changed what of teams, members and keys.

export interface AccountChange {
  /** The account that does it, as `name@host`. */
  actor: string;
  nowMs: number;
}

export interface AuditRecord {
  atMs: number;
  actor: string;
  action:
    | 'team.set'
    | 'team.removed'
    | 'member.added'
    | 'member.invited'
    | 'member.removed'
    | 'key.added'
    | 'key.rotated'
    | 'key.revoked'
    | 'publisher.added'
    | 'publisher.removed'
    | 'upstream.added'
    | 'upstream.removed';
  /** The team, the member, the publisher, the upstream, or the id of the key. */
  subject: string;
  detail: object;
}
