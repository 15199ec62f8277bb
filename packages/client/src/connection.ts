// A program's connection to one deployment: calls, `fetch`, URL and key, which lead to wherever the deployment answers.

import type { Clock } from '@fairlead/kit';
import type { ReachableEndpoint } from '@fairlead/protocol';

import { createChannelFetch, type Fetch } from './openai/channel-fetch.ts';
import type { ChannelRequestDeps } from './openai/channel-request.ts';
import { checkHealth, type Health } from './check-health.ts';
import type { ControlApi } from './control/control-api.ts';
import { type Deployment, describeDeployment, describeEndpoint, type Endpoint } from './control/deployment.ts';
import type { BastionRouteView } from './bastion/describe-route.ts';
import type { EndpointFollower, FollowerEvent } from './paths/endpoint-follower.ts';
import { createKeyRing, type KeyRing } from './openai/key-ring.ts';
import type { OutageEvent } from './paths/kept-mux.ts';
import type { LivePaths } from './paths/live-paths.ts';
import type { LocalPort } from './local/local-port.ts';
import { type CallOptions, createOpenAiCalls, type OpenAiCalls } from './openai/openai-calls.ts';

export type ConnectionEvent =
  /** `again`: not the first one: the tunnel came up again (a new generation), or the deployment was made again (a new instance). */
  | { type: 'endpoint.up'; endpoint: Endpoint; again: boolean }
  /** Calls and `fetch` wait for the next one, for up to a minute; the local port answers 503 within a second. */
  | { type: 'endpoint.down'; reason: string }
  /** For good. */
  | { type: 'deployment.ended'; deployment: Deployment }
  /** Requests go on, but changes of the deployment are not seen. Once per outage. */
  | { type: 'control.lost'; reason: string }
  | { type: 'control.back' }
  /** The channel of all requests was lost under some of them, and what became of these. */
  | OutageEvent
  /** Where the bastion has several routes: the one that is used from now on. `again`: after a loss. */
  | { type: 'route.taken'; route: BastionRouteView; again: boolean };

/** What `new OpenAI(…)` takes, and other clients that take a `fetch`. */
export interface OpenAiOptions {
  baseURL: string;
  apiKey: string;
  fetch: Fetch;
}

export interface Connection extends OpenAiCalls, AsyncDisposable {
  readonly name: string;
  /** `http://127.0.0.1:<port>/v1`, or what `bind` says. With `port: false` a URL that only this connection's `fetch` understands. */
  readonly baseURL: string;
  readonly port: number | undefined;
  /** The deployment's key. A secret. Each deployment has another one, also one of the same name. */
  readonly apiKey: string;
  /** The name in the OpenAI API's `model` field. */
  readonly servedModel: string;
  readonly endpoint: Endpoint;
  /** Resolves when the deployment's instance has ended for good. Never rejects. */
  readonly ended: Promise<void>;
  /**
   * The standard `fetch`, for this deployment alone: `connection.fetch('/v1/models')`. Needs no local port. Sends the
   * key where the request has none. Read the body to its end, or cancel it: each answer holds a channel until then.
   */
  readonly fetch: Fetch;
  /** `new OpenAI(connection.openai())`; needs no local port. */
  openai(): OpenAiOptions;
  /** Never throws for what is wrong with the deployment, only when the signal fires. */
  health(options?: CallOptions): Promise<Health>;
  /** Ends all requests, the local port, the SSH connection. Idempotent. */
  close(): Promise<void>;
}

export interface ConnectionDeps {
  name: string;
  first: ReachableEndpoint;
  follower: Pick<EndpointFollower, 'current' | 'listen'>;
  paths: Pick<LivePaths, 'open' | 'moveTo' | 'leave'>;
  api: Pick<ControlApi, 'getDeployment'>;
  localPort: Pick<LocalPort, 'port' | 'url'> | undefined;
  clock: Clock;
  close: () => Promise<void>;
  onEvent: ((event: ConnectionEvent) => void) | undefined;
}

export function createConnection(deps: ConnectionDeps): Connection {
  const { name, localPort, follower } = deps;
  const current = () => follower.current ?? deps.first;
  const keys = createKeyRing();
  const origin = localPort?.url ?? `http://${name}.fairlead.invalid`;
  const requests = requestDeps(deps, keys);
  const fetch = createChannelFetch({ ...requests, origins: [origin] });
  const keyNow = () => keys.give(current().apiKey);
  return {
    ...createOpenAiCalls({ ...requests, model: () => current().servedModel }),
    name,
    port: localPort?.port,
    baseURL: `${origin}/v1`,
    ended: followDeployment(deps),
    fetch,
    openai: () => ({ baseURL: `${origin}/v1`, apiKey: keyNow(), fetch }),
    health: (options = {}) => checkHealth({ name, api: deps.api, fetch, clock: deps.clock }, options.signal),
    get apiKey() {
      return keyNow();
    },
    get servedModel() {
      return current().servedModel;
    },
    get endpoint() {
      return describeEndpoint(current());
    },
    close: deps.close,
    [Symbol.asyncDispose]: deps.close,
  };
}

function requestDeps({ name, paths }: ConnectionDeps, keys: KeyRing): ChannelRequestDeps {
  return { name, paths, authorize: (headers, { endpoint }) => keys.authorize(headers, endpoint.apiKey) };
}

/** Passes events on; resolves at the end of the deployment. */
function followDeployment({ follower, paths, onEvent }: ConnectionDeps): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  follower.listen((event) => {
    if (event.type === 'endpoint.left') return paths.leave(event.endpoint);
    if (event.type === 'endpoint.up') paths.moveTo(event.endpoint, event.stillUp);
    if (event.type === 'deployment.ended') resolve();
    if (onEvent) tell(onEvent, describeEvent(event));
  });
  return promise;
}

/** A listener that throws must not end the watch: as with an event target, its error is thrown at the process. */
export function tell(onEvent: (event: ConnectionEvent) => void, event: ConnectionEvent): void {
  try {
    onEvent(event);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

function describeEvent(event: Exclude<FollowerEvent, { type: 'endpoint.left' }>): ConnectionEvent {
  switch (event.type) {
    case 'endpoint.up':
      return { type: event.type, endpoint: describeEndpoint(event.endpoint), again: event.again };
    case 'deployment.ended':
      return { ...event, deployment: describeDeployment(event.deployment) };
    case 'endpoint.down':
    case 'control.lost':
    case 'control.back':
      return event;
  }
}
