// The two connections of an agent: data and control apart, so that a bulk answer cannot delay a heartbeat.

import type { Duplex } from 'node:stream';
import { createBastionOfferer, type OfferFailure } from '@fairlead/carrier';
import { Scope } from '@fairlead/kit';
import { type BastionRoute, firstGeneration, type InstanceSpec } from '@fairlead/protocol';
import { createRouteMemory, type SshTarget } from '@fairlead/ssh';
import type { AgentDeps } from '../agent-deps.ts';
import { routesTo } from './routes-to.ts';

export interface BastionLinksOptions {
  spec: InstanceSpec;
  /** Of the job: generations of a restart lie above those before. */
  restart: number;
  deps: Pick<AgentDeps, 'clock' | 'random' | 'log'>;
  acceptData: (stream: Duplex) => void;
  acceptControl: (stream: Duplex) => void;
  /** Undefined while the data connection is down. */
  onEndpoint: (endpoint: { generation: number; socketPath: string } | undefined) => void;
  note: (kind: string, message: string) => void;
  onHopeless: (failure: OfferFailure) => void;
}

export function openBastionLinks(options: BastionLinksOptions): AsyncDisposable {
  const { spec, deps, note } = options;
  const scope = new Scope();
  const routes = routesTo(spec, targetOf);
  const carrier = createBastionOfferer({
    routes,
    routeMemory: createRouteMemory(),
    expectedHost: spec.bastionIdentity.host,
    ...deps,
  });
  for (const use of ['control', 'data'] as const) {
    let via = routes[0]?.name;
    const offered = carrier.offer({
      instanceId: spec.instanceId,
      use,
      firstGeneration: firstGeneration(options.restart),
      accept: use === 'data' ? options.acceptData : options.acceptControl,
      onUp: (up) => {
        const { generation, address, why, refused } = up;
        if (use === 'data') options.onEndpoint({ generation, socketPath: address.socket });
        via = up.via;
        note('tunnel.up', `${use} connection to ${via} is up, generation ${generation}${why && ` (${why})`}`);
        for (const words of refused) note('tunnel.route_refused', words);
      },
      onDown: (reason) => {
        if (use === 'data') options.onEndpoint(undefined);
        note('tunnel.down', `${use} connection to ${via} is down: ${reason}`);
      },
      onTrouble: ({ message, hint }) => {
        note('tunnel.trouble', `${use} connection: ${message}${hint === undefined ? '' : ` (${hint})`}`);
      },
      onHopeless: options.onHopeless,
    });
    scope.use(offered);
  }
  return scope;
}

function targetOf(route: BastionRoute): SshTarget {
  return {
    host: route.host,
    port: route.port,
    user: route.user,
    hostKeys: { kind: 'pinned', keys: route.hostKeys },
    auth: {},
    connectTimeoutMs: 15_000,
    // The kernel sends its SYN again after 1 s; a host that is silent for longer is dialled anew soon.
    answerTimeoutMs: 3_000,
  };
}
