// What the end of a request says of the instance that had it. Pure.

import type { OfferVerdict } from '../routing/router.ts';
import type { GatewayOutcome } from './request-life.ts';

/** What its client or its key did says nothing of the instance, and nor do errors of the request itself. */
export function verdictOf(
  outcome: GatewayOutcome,
  { status = 0, engineError }: { status: number | undefined; engineError: boolean },
): OfferVerdict {
  if (outcome === 'timed_out') return { kind: 'failed', reason: 'it did not answer in time' };
  if (outcome !== 'completed') return { kind: 'dropped' };
  if (engineError) return { kind: 'failed', reason: 'it sent an error within its answer' };
  return status >= 500 ? { kind: 'failed', reason: `it answered ${status}` } : { kind: 'succeeded' };
}
