// Whether a request does better at another instance.

import type { ModelTable } from '../routing/offer.ts';

/** An instance that answers so is dying, or a proxy before it. */
const goneStatuses: ReadonlySet<number | undefined> = new Set([502, 503, 504]);

export function isGone(status: number | undefined): boolean {
  return goneStatuses.has(status);
}

/** Whether the model has an instance that the request has not been at. */
export function hasOtherOffers(
  models: ModelTable,
  model: string,
  been: { at: string | undefined; tried: ReadonlySet<string> },
): boolean {
  const offers = models.get(model)?.offers ?? [];
  return offers.some(({ instanceId }) => instanceId !== been.at && !been.tried.has(instanceId));
}
