// What a gateway tells its operator of this moment.

import { isServing } from '@fairlead/protocol';

import type { Relay } from '../relay/open-relay.ts';
import type { RoutedInstance, Router } from '../routing/router.ts';
import type { PublisherStatus } from '../sources/publisher-desk.ts';
import type { UsageState } from '../usage/usage-recorder.ts';

export interface GatewayStatus {
  startedMs: number;
  address: string;
  /** By which members reach it, where it was told. */
  url?: string | undefined;
  connections: number;
  waiting: number;
  models: Array<{ id: string; state: string; instances: number }>;
  instances: RoutedInstance[];
  usage?: UsageState | undefined;
  publishers?: PublisherStatus[] | undefined;
  /** Where they connect; undefined: the gateway takes none. */
  publisherSocket?: string | undefined;
}

export function describeGateway(
  { startedMs, address, url }: Pick<GatewayStatus, 'startedMs' | 'address' | 'url'>,
  relay: Pick<Relay, 'size' | 'waiting'>,
  router: Pick<Router, 'models' | 'describe'>,
): GatewayStatus {
  const models = [...router.models.values()].map(({ id, state, offers }) => ({
    id,
    state: isServing(state) && offers.length === 0 ? 'unreachable' : state.status,
    instances: offers.length,
  }));
  const { size: connections, waiting } = relay;
  return { startedMs, address, url, connections, waiting, models, instances: router.describe() };
}
