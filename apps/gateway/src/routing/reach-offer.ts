// A new channel to an instance, wherever it is.

import type { Duplex } from 'node:stream';

import { secureEndpoint } from '@fairlead/carrier';
import { connectOwned } from '@fairlead/kit';
import type { EndpointAddress } from '@fairlead/protocol';

import { connectUpstream } from '../sources/connect-upstream.ts';
import type { Offer } from './offer.ts';

export type ReachCarrier = (address: EndpointAddress, signal: AbortSignal) => Promise<Duplex>;

/** The caller closes the channel. Rejects where there is none, where its encryption does not lead to the instance, and with the signal's reason. `reachCarrier`: undefined where the gateway has no deployments of its own. */
export async function reachOffer(offer: Offer, options: ReachOptions): Promise<Duplex> {
  return secureEndpoint(await open(offer, options), offer.endToEnd, options);
}

interface ReachOptions {
  reachCarrier?: ReachCarrier | undefined;
  signal: AbortSignal;
}

function open({ place }: Offer, { reachCarrier, signal }: ReachOptions): Promise<Duplex> {
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
