// Whether an upstream does not know the gateway: the key of the member, who would read that, is good. Pure.

import type { Offer } from '../routing/offer.ts';

export function refusesKey(offer: Offer | undefined, status: number | undefined): boolean {
  return offer?.place.kind === 'upstream' && (status === 401 || status === 403);
}
