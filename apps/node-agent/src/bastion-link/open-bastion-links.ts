// The two connections of an agent: data and control apart, so that a bulk answer cannot delay a heartbeat.

import type { Duplex } from 'node:stream';
import { Scope } from '@fairlead/kit';
import { type BastionRoute, firstGeneration } from '@fairlead/protocol';
import { createRouteMemory, describeAnswer, type SshTarget, whyTaken, wrongRoutes } from '@fairlead/tunnel';
import type { AgentDeps } from '../agent-deps.ts';
import type { AgentSpec } from '../job/read-spec.ts';
import { openBastionLink } from './bastion-link.ts';
import { routesTo } from './routes-to.ts';
import type { TunnelFailure } from './tunnel-machine.ts';

export interface BastionLinksOptions {
  spec: AgentSpec;
  /** Of the job: generations of a restart lie above those before. */
  restart: number;
  deps: Pick<AgentDeps, 'clock' | 'random' | 'log'>;
  acceptData: (stream: Duplex) => void;
  acceptControl: (stream: Duplex) => void;
  /** Undefined while the data connection is down. */
  onEndpoint: (endpoint: { generation: number; socketPath: string } | undefined) => void;
  note: (kind: string, message: string) => void;
  onHopeless: (failure: TunnelFailure) => void;
}

export function openBastionLinks(options: BastionLinksOptions): AsyncDisposable {
  const { spec, deps, note } = options;
  const scope = new Scope();
  const common = {
    routes: routesTo(spec, targetOf),
    routeMemory: createRouteMemory(),
    instanceId: spec.instanceId,
    expectedHost: spec.bastionIdentity.host,
    firstGeneration: firstGeneration(options.restart),
    ...deps,
    onHopeless: options.onHopeless,
  };
  for (const kind of ['control', 'data'] as const) {
    let route = common.routes[0]?.name;
    scope.use(
      openBastionLink({
        ...common,
        kind,
        accept: kind === 'data' ? options.acceptData : options.acceptControl,
        onUp: (at) => {
          if (kind === 'data') options.onEndpoint(at);
          route = at.route.name;
          const why = whyTaken(at.route);
          note('tunnel.up', `${kind} connection to ${route} is up, generation ${at.generation}${why && ` (${why})`}`);
          for (const wrong of wrongRoutes(at.route)) note('tunnel.route_refused', describeAnswer(wrong));
        },
        onDown: (reason) => {
          if (kind === 'data') options.onEndpoint(undefined);
          note('tunnel.down', `${kind} connection to ${route} is down: ${reason}`);
        },
        onTrouble: ({ message, hint }) => {
          note('tunnel.trouble', `${kind} connection: ${message}${hint === undefined ? '' : ` (${hint})`}`);
        },
      }),
    );
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
    // The kernel asks again after 1 s; whoever is silent for longer is asked anew, soon.
    answerTimeoutMs: 3_000,
  };
}
