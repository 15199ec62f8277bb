import { Secret } from '@fairlead/kit';
import { expect, it } from 'vitest';

import type { Offer } from './offer.ts';
import { type PickFacts, pickOffer } from './pick-offer.ts';

const offer = (instanceId: string): Offer => ({
  deployment: 'd',
  instanceId,
  generation: 1,
  place: { kind: 'carrier', address: { kind: 'memory' } },
  apiKey: new Secret('k'),
  servedModel: 'm',
});
const offers = ['a', 'b', 'c', 'd'].map(offer);
let seed = 1;
const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
const facts = (more: Partial<PickFacts> = {}): PickFacts => ({
  tokensInFlight: () => 0,
  isOpenTo: () => true,
  hasRoomAt: () => true,
  tried: new Set(),
  random,
  ...more,
});

it('Requests spread evenly over equal instances', () => {
  const load = new Map(offers.map(({ instanceId }) => [instanceId, 0]));
  for (let at = 0; at < 1_000; at += 1) {
    const picked = pickOffer(offers, facts({ tokensInFlight: (id) => load.get(id) ?? 0 }));
    load.set(picked!.instanceId, load.get(picked!.instanceId)! + 1);
  }
  for (const count of load.values()) expect(Math.abs(count - 250)).toBeLessThan(5);
});

it('The busiest instance of all is never picked', () => {
  for (let at = 0; at < 200; at += 1)
    expect(pickOffer(offers, facts({ tokensInFlight: (id) => (id === 'a' ? 1 : 0) }))?.instanceId).not.toBe('a');
});

it('An instance whose breaker is open, or that has failed this request, is passed over while there is another', () => {
  const isOpenTo = (id: string) => id === 'c' || id === 'd';
  for (let at = 0; at < 50; at += 1)
    expect(pickOffer(offers, facts({ isOpenTo, tried: new Set(['c']) }))?.instanceId).toBe('d');
  expect(pickOffer(offers, facts({ isOpenTo, tried: new Set(['c', 'd']) }))?.instanceId).toMatch(/a|b/);
  expect(pickOffer([offers[0]!], facts({ isOpenTo: () => false, tried: new Set(['a']) }))?.instanceId).toBe('a');
  expect(pickOffer([], facts())).toBeUndefined();
});
