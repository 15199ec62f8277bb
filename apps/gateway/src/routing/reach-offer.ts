// A new channel to an instance, wherever it is.

import type { Duplex } from 'node:stream';

import { connectOwned } from '@fairlead/kit';
import type { EndpointAddress } from '@fairlead/protocol';

import { connectUpstream } from '../sources/connect-upstream.ts';
import type { Offer } from './offer.ts';

export type ReachCarrier = (address: EndpointAddress, signal: AbortSignal) => Promise<Duplex>;

/** The caller closes the channel. Rejects where there is none, and with the signal's reason. `reachCarrier`: undefined where the gateway has no deployments of its own. */
export function reachOffer(
  { place }: Offer,
  { reachCarrier, signal }: { reachCarrier: ReachCarrier | undefined; signal: AbortSignal },
): Promise<Duplex> {
  switch (place.kind) {
    case 'carrier':
      if (!reachCarrier) throw new Error('cannot reach the instance because the gateway has no session');
      return reachCarrier(place.address, signal);
    case 'published':
      return connectOwned(place.socket, place.uid, { signal });
    case 'upstream':
      return connectUpstream(place.url, { signal });
  }
}
