// How long a request waits while the way to the deployment is down.

export interface Patience {
  /** For an endpoint where there is none. */
  endpointMs: number;
  /** For the SSH connection to the bastion while it is opened anew. Absent: as long as that takes. */
  connectionMs?: number;
  /** Tries at one that does not take it. */
  dialMs: number;
}

/** `dialMs`: longer than the lease after which control would say that the endpoint is gone. */
export const patient: Patience = { endpointMs: 60_000, dialMs: 20_000 };
/** For clients that have a Retry-After to go by: they hear within a second that the way is down. */
export const impatient: Patience = { endpointMs: 800, connectionMs: 800, dialMs: 500 };
