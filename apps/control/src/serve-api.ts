// What control answers with: its HTTP API, and the WebSockets of watchers and agents, over one carrier.

import type { Clock, Guard, Scope } from '@fairlead/kit';
import { defined } from '@fairlead/kit';
import { ourVersions } from '@fairlead/protocol';
import { getRequestListener } from '@hono/node-server';

import { carrierLimits, SecureCarrier } from './carrier/secure-carrier.ts';
import type { ClaimedState } from './claim-state.ts';
import { type ControlOptions, defaultHeartbeatMs } from './control-options.ts';
import { DeploymentDesk } from './deployment-desk.ts';
import { createApp } from './http/app.ts';
import { PublicationDesk } from './publish/publication-desk.ts';
import { SocketSharing } from './publish/share-sockets.ts';
import type { Registry } from './registry/registry.ts';
import { createPrincipals } from './state/principals.ts';
import { controlVersion } from './version.ts';
import { AgentDesk } from './ws/agent-desk.ts';
import { serveUpgrades } from './ws/upgrades.ts';
import { WatchHub } from './ws/watch-hub.ts';

export interface ApiParts {
  options: ControlOptions;
  state: ClaimedState;
  registry: Registry;
  clock: Clock;
  guard: Guard;
  /** False while control is stopping. */
  isReady: () => boolean;
}

/** Serves what the carrier is handed; it listens nowhere yet. The scope closes carrier and WebSockets. */
export function serveApi(parts: ApiParts, scope: Scope): { carrier: SecureCarrier; watchers: WatchHub } {
  const { options, state, registry, clock, guard } = parts;
  const { log, watchBehindBytes } = options;
  const limits = { ...carrierLimits, ...options.limits };
  const carrier = scope.use(new SecureCarrier({ ...state.identity, clock, log, limits }));
  const principals = createPrincipals(state.owners);
  const watchers = new WatchHub({
    registry,
    log,
    ...defined({ behindBytes: watchBehindBytes }),
  });
  const sharing = new SocketSharing(state.runDir.path, { log });
  const publications = scope.use(new PublicationDesk({ stateDir: options.stateDir, registry, sharing, clock, log }));
  const app = createApp({
    registry,
    store: state.store,
    clock,
    desk: new DeploymentDesk({ registry, store: state.store, clock, runDir: state.runDir.path }),
    publications,
    principals,
    carrier,
    hello: helloOf(parts),
    isReady: () => parts.isReady() && registry.isUsable,
    log,
  });
  carrier.http.on('request', getRequestListener(app.fetch, { overrideGlobalObjects: false }));
  scope.use(serveUpgrades({ carrier, principals, agents: agentDesk(parts), watchers, guard }));
  return { carrier, watchers };
}

function helloOf({ options, state, registry, clock }: ApiParts) {
  return {
    protocol: options.versions ?? ourVersions,
    controlVersion,
    hostname: options.host,
    bootId: options.bootId,
    leaseMs: registry.leaseMs,
    startedMs: clock.now(),
    schemaVersion: state.store.schemaVersion,
  };
}

function agentDesk({ options, state, registry, clock }: ApiParts): AgentDesk {
  return new AgentDesk({
    registry,
    clock,
    tokenSecret: state.identity.tokenSecret,
    controlVersion,
    versions: options.versions ?? ourVersions,
    heartbeatMs: options.heartbeatMs ?? defaultHeartbeatMs,
    reclaimSocket: (name) => state.runDir.reclaim(name),
    log: options.log,
  });
}
