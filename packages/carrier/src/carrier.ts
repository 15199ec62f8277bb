// The port through which bytes get from a consumer to an instance's front, and from control to its agent. It has two halves,
// which run on two machines: a job offers, a consumer reaches. carrier.contract.ts says what every kind must do.

import type { Duplex } from 'node:stream';

import type { EndpointAddress } from '@fairlead/protocol';

/** `data`: for consumers. `control`: for control alone, so that a bulk answer cannot delay a heartbeat. */
export type ChannelUse = 'data' | 'control';

export interface Up<Address> {
  /** Higher each time that the offering comes up: an address is valid for one generation. */
  generation: number;
  address: Address;
  /** By which of several ways it came up, for the log and the history. */
  via: string;
  /** Why by this one, where there is a choice; else empty. */
  why: string;
  /** Ways that lead to another host than the recorded one: a person should look at them. */
  refused: readonly string[];
}

export interface OfferFailure {
  code: string;
  message: string;
  hint?: string;
}

export interface OfferOptions<Address> {
  instanceId: string;
  use: ChannelUse;
  firstGeneration: number;
  /** Owns each channel that a consumer opens. */
  accept: (channel: Duplex) => void;
  onUp: (up: Up<Address>) => void;
  /** The address is void and its channels have ended. The carrier brings the offering up again. */
  onDown: (reason: string) => void;
  /** Once per outage and cause, not once per try. */
  onTrouble: (failure: OfferFailure) => void;
  /** There will be no further try. */
  onHopeless: (failure: OfferFailure) => void;
}

/** The job's half. */
export interface Offerer<Address = EndpointAddress> {
  readonly kind: string;
  /** Keeps the instance reachable until it is disposed, which ends its channels. Never throws. */
  offer(options: OfferOptions<Address>): AsyncDisposable;
}

/** The consumer's half. */
export interface Reach {
  /**
   * Resolves when a channel to this address can be opened without waiting for a login; callers share one attempt. Rejects with
   * a retryable error, or with one that needs a person.
   */
  ready(address: EndpointAddress): Promise<unknown>;
  /**
   * A new channel to the front; the caller closes it. Rejects with the signal's reason when aborted, with `dial_refused` where
   * nothing answers at the address, with `connection_lost` where the connection was lost: the next address or try can succeed.
   */
  reach(address: EndpointAddress, options?: { signal?: AbortSignal }): Promise<Duplex>;
}

export interface Reacher extends Reach {
  /** Of the addresses that it can reach. */
  readonly kind: string;
}
