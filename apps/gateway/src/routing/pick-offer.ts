// Which instance gets a request: of two that chance picks, the one with fewer tokens in flight. Pure.

import type { Offer } from './offer.ts';

export interface PickFacts {
  /** Of this gateway's requests. */
  tokensInFlight: (instanceId: string) => number;
  /** Whether its breaker lets a request pass. */
  isOpenTo: (instanceId: string) => boolean;
  /** Whether it takes a request more without a queue of its own. */
  hasRoomAt: (instanceId: string) => boolean;
  /** Those that have failed this request already: they get it only where there is no other. */
  tried: ReadonlySet<string>;
  random: () => number;
}

/** Where all breakers are open, all instances count: a request that may fail is better than none. Undefined where there is no offer. */
export function pickOffer(offers: readonly Offer[], facts: PickFacts): Offer | undefined {
  if (offers.length < 2) return offers[0];
  const fresh = offers.filter(({ instanceId }) => !facts.tried.has(instanceId));
  const open = fresh.filter(({ instanceId }) => facts.isOpenTo(instanceId));
  const roomy = open.filter(({ instanceId }) => facts.hasRoomAt(instanceId));
  const candidates = [roomy, open, fresh, offers].find(({ length }) => length > 0) ?? [];
  if (candidates.length < 2) return candidates[0];
  const first = Math.floor(facts.random() * candidates.length);
  const others = candidates.length - 1;
  const second = (first + 1 + Math.floor(facts.random() * others)) % candidates.length;
  const [one, other] = [candidates[first]!, candidates[second]!];
  return facts.tokensInFlight(other.instanceId) < facts.tokensInFlight(one.instanceId) ? other : one;
}
