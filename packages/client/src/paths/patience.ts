// How long a request waits while the deployment cannot be reached.

export interface Patience {
  /** For an endpoint, while there is none. */
  endpointMs: number;
  /** For the SSH connection to the bastion while it is opened again. Absent: as long as that takes. */
  connectionMs?: number;
  /** For an endpoint that refuses the dial: how long it is dialled again. */
  dialMs: number;
}

/** `dialMs` is longer than the lease: before it is over, control has withdrawn an endpoint whose agent is lost. */
export const patient: Patience = { endpointMs: 60_000, dialMs: 20_000 };
/** For clients that can use Retry-After: they get an error within a second. */
export const impatient: Patience = { endpointMs: 800, connectionMs: 800, dialMs: 500 };
/** For requests that wait for their next channel: the caller's signal ends it. */
export const untiring: Patience = { endpointMs: 60_000, dialMs: 60_000 };
