// Offers an instance at a socket on the bastion, through a tunnel: the job's half of the carrier.

import type { Clock, Log } from '@fairlead/kit';
import type { BastionSocketAddress } from '@fairlead/protocol';
import {
  describeAnswer,
  type NamedRoute,
  type RouteMemory,
  type RouteTaken,
  whyTaken,
  wrongRoutes,
} from '@fairlead/ssh';

import type { Offerer, Up } from '../carrier.ts';
import { openTunnel } from './tunnel.ts';

export interface BastionOffererDeps {
  /** In the order of preference. */
  routes: readonly NamedRoute[];
  routeMemory: RouteMemory;
  /** The bastion's own hostname, as recorded at `init`. */
  expectedHost: string;
  clock: Clock;
  log: Log;
  /** In [0, 1). */
  random: () => number;
}

export function createBastionOfferer(deps: BastionOffererDeps): Offerer<BastionSocketAddress> {
  return {
    kind: 'bastion-socket',
    offer: ({ use, onUp, ...options }) =>
      openTunnel({
        ...deps,
        ...options,
        kind: use,
        onUp: ({ generation, socketPath, route }) =>
          onUp({ generation, address: { kind: 'bastion-socket', socket: socketPath }, ...describe(route) }),
      }),
  };
}

function describe(route: RouteTaken): Pick<Up<unknown>, 'via' | 'why' | 'refused'> {
  return { via: route.name, why: whyTaken(route), refused: wrongRoutes(route).map(describeAnswer) };
}
