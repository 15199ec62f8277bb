// Which of a deployment's endpoints takes the next requests. Pure. If none does, the caller waits or asks control for the reason.

import { type BastionSocketAddress, isBastionSocket } from './address.ts';
import type { EndpointView } from './api.ts';
import { isServing } from './instance.ts';

/** An endpoint that this version knows how to reach. */
export type ReachableEndpoint = EndpointView & { address: BastionSocketAddress };

/**
 * Ready before degraded; then the instance that is in use, so that requests stay with one of several equal instances; then the current
 * instance before its successor, and the lower replica. Ignores an endpoint of an unknown carrier.
 */
export function pickEndpoint(
  endpoints: readonly EndpointView[],
  inUse?: { instanceId: string },
): ReachableEndpoint | undefined {
  const ranked = endpoints
    .filter((endpoint): endpoint is ReachableEndpoint => isBastionSocket(endpoint.address) && isServing(endpoint.state))
    .map((endpoint) => ({ endpoint, order: orderOf(endpoint, inUse) }));
  return ranked.toSorted((a, b) => compare(a.order, b.order))[0]?.endpoint;
}

/** Smaller is better, the first number counts most. */
function orderOf(endpoint: EndpointView, inUse: { instanceId: string } | undefined): number[] {
  return [
    endpoint.state.status === 'ready' ? 0 : 1,
    endpoint.instanceId === inUse?.instanceId ? 0 : 1,
    endpoint.role === 'current' ? 0 : 1,
    endpoint.replica,
    -endpoint.generation,
  ];
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at === -1 ? 0 : a[at]! - b[at]!;
}
