// On whose behalf a request is made. Each route says which kinds it serves.

/** Today a token is an owner's. A publisher's and a member's come with the gateway; no route serves them yet. */
export type Principal =
  /** The account's own user, on one machine. */
  | { kind: 'owner'; tokenHash: string }
  /** An owner whose deployments a gateway offers. */
  | { kind: 'publisher'; name: string }
  /** A person or program of a team. */
  | { kind: 'member'; name: string };

export type PrincipalKind = Principal['kind'];
