// Which of a deployment's endpoints takes the next requests. Pure. If none does, the caller waits or asks control for the reason.

import type { EndpointView } from './api.ts';
import { isServing } from './instance.ts';

/** An endpoint by a carrier that the program has. */
export type ReachableEndpoint = EndpointView;

export interface EndpointChoice {
  /** The kinds of carriers that the program has, the preferred one first. */
  kinds: readonly string[];
  /** The instance that takes requests now. */
  inUse?: { instanceId: string } | undefined;
}

/**
 * Ready before degraded; then the instance that is in use, so that requests stay with one of several equal instances; then the current
 * instance before its successor, and the lower replica. Of one instance, the endpoint by the preferred carrier. Ignores a carrier that is
 * not in `kinds`.
 */
export function pickEndpoint(
  endpoints: readonly EndpointView[],
  choice: EndpointChoice,
): ReachableEndpoint | undefined {
  const ranked = endpoints
    .filter(({ address, state }) => choice.kinds.includes(address.kind) && isServing(state))
    .map((endpoint) => ({ endpoint, order: orderOf(endpoint, choice) }));
  return ranked.toSorted((a, b) => compare(a.order, b.order))[0]?.endpoint;
}

/** Smaller is better, the first number counts most. */
function orderOf(endpoint: EndpointView, { kinds, inUse }: EndpointChoice): number[] {
  return [
    endpoint.state.status === 'ready' ? 0 : 1,
    endpoint.instanceId === inUse?.instanceId ? 0 : 1,
    endpoint.role === 'current' ? 0 : 1,
    endpoint.replica,
    kinds.indexOf(endpoint.address.kind),
    -endpoint.generation,
  ];
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at === -1 ? 0 : a[at]! - b[at]!;
}
