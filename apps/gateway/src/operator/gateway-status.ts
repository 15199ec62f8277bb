// What a gateway tells its operator of this moment.

import { isServing } from '@fairlead/protocol';

import type { Relay } from '../relay/open-relay.ts';
import type { RoutedInstance, Router } from '../routing/router.ts';
import type { PublisherStatus } from '../sources/publisher-desk.ts';

export interface GatewayStatus {
  startedMs: number;
  address: string;
  connections: number;
  waiting: number;
  models: Array<{ id: string; state: string; instances: number }>;
  instances: RoutedInstance[];
  publishers?: PublisherStatus[] | undefined;
  /** Where they connect; undefined: the gateway takes none. */
  publisherSocket?: string | undefined;
}

export function describeGateway(
  { startedMs, address }: Pick<GatewayStatus, 'startedMs' | 'address'>,
  relay: Pick<Relay, 'size' | 'waiting'>,
  router: Pick<Router, 'models' | 'describe'>,
): GatewayStatus {
  const models = [...router.models.values()].map(({ id, state, offers }) => ({
    id,
    state: isServing(state) && offers.length === 0 ? 'unreachable' : state.status,
    instances: offers.length,
  }));
  return { startedMs, address, connections: relay.size, waiting: relay.waiting, models, instances: router.describe() };
}
