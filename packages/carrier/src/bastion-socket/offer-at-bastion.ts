// Offers an instance at a socket on the bastion, through a tunnel: the job's half of the carrier.

import type { BastionSocketAddress } from '@fairlead/protocol';
import { describeAnswer, type RouteTaken, whyTaken, wrongRoutes } from '@fairlead/ssh';

import type { Offerer, Up } from '../carrier.ts';
import type { OffererDeps } from '../carrier-kind.ts';
import { openTunnel } from './tunnel.ts';

/** Offers through a tunnel that comes up again by itself. Opens nothing before `offer`. */
export function createBastionOfferer(deps: OffererDeps): Offerer<BastionSocketAddress> {
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
