// How an agent is reached: by control over a connection to the bastion, by consumers over every carrier that the program has. Data
// and control are apart, so that a bulk answer cannot delay a heartbeat.

import type { Duplex } from 'node:stream';
import { bastionSocket, carrierKinds, type ChannelUse, type Offerer, type OfferFailure } from '@fairlead/carrier';
import { Scope } from '@fairlead/kit';
import { type BastionRoute, type EndpointRef, firstGeneration, type InstanceSpec } from '@fairlead/protocol';
import { createRouteMemory, type SshTarget } from '@fairlead/ssh';
import type { AgentDeps } from '../agent-deps.ts';
import type { AgentMetrics } from '../metrics/agent-metrics.ts';
import { routesTo } from './routes-to.ts';

export interface BastionLinksOptions {
  spec: InstanceSpec;
  /** Of the job: generations of a restart lie above those before. */
  restart: number;
  deps: Pick<AgentDeps, 'clock' | 'random' | 'log'>;
  acceptData: (stream: Duplex) => void;
  acceptControl: (stream: Duplex) => void;
  /** All places at which consumers reach it now. */
  onEndpoints: (endpoints: EndpointRef[]) => void;
  note: (kind: string, message: string) => void;
  metrics: Pick<AgentMetrics, 'tunnelUp' | 'tunnelDown'>;
  onHopeless: (failure: OfferFailure) => void;
}

export function openBastionLinks(options: BastionLinksOptions): AsyncDisposable {
  const { spec, deps } = options;
  const scope = new Scope();
  const routes = routesTo(spec, targetOf);
  const offererDeps = {
    routes,
    routeMemory: createRouteMemory(),
    expectedHost: spec.bastionIdentity.host,
    ...deps,
  };
  scope.use(offer(bastionSocket.createOfferer(offererDeps), 'control', options));
  const up = new Map<string, EndpointRef>();
  for (const carrier of carrierKinds) {
    const onEndpoint = (endpoint: EndpointRef | undefined) => {
      if (endpoint) up.set(carrier.kind, endpoint);
      else up.delete(carrier.kind);
      options.onEndpoints([...up.values()]);
    };
    scope.use(offer(carrier.createOfferer(offererDeps), 'data', { ...options, onEndpoint }));
  }
  return scope;
}

interface OfferingOptions extends BastionLinksOptions {
  /** Undefined while the offering is down. */
  onEndpoint?: (endpoint: EndpointRef | undefined) => void;
}

function offer(offerer: Offerer, use: ChannelUse, options: OfferingOptions): AsyncDisposable {
  const { spec, note, metrics, onEndpoint } = options;
  let via = '';
  return offerer.offer({
    instanceId: spec.instanceId,
    use,
    firstGeneration: firstGeneration(options.restart),
    accept: use === 'data' ? options.acceptData : options.acceptControl,
    onUp(up) {
      const { generation, address, why, refused } = up;
      onEndpoint?.({ generation, address });
      via = up.via;
      metrics.tunnelUp(use);
      note('tunnel.up', `${use} connection to ${via} is up, generation ${generation}${why && ` (${why})`}`);
      for (const words of refused) note('tunnel.route_refused', words);
    },
    onDown(reason) {
      onEndpoint?.(undefined);
      metrics.tunnelDown(use);
      note('tunnel.down', `${use} connection to ${via} is down: ${reason}`);
    },
    onTrouble({ message, hint }) {
      note('tunnel.trouble', `${use} connection: ${message}${hint === undefined ? '' : ` (${hint})`}`);
    },
    onHopeless: options.onHopeless,
  });
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
