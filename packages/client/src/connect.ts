// The SDK's door: a deployment's name → calls, a `fetch` and a URL that follow the deployment wherever it goes.

import { type BastionLink, carrierKinds, createReach, type Reach, reachEndpoint } from '@fairlead/carrier';
import {
  anySignal,
  CodedError,
  defined,
  detach,
  openTimeLimit,
  Scope,
  silentLog,
  systemClock,
  systemRandom,
  untilAborted,
} from '@fairlead/kit';
import type { ReachableEndpoint } from '@fairlead/protocol';

import { type Connection, createConnection, type ConnectionEvent, tell } from './connection.ts';
import { describeRoute } from './bastion/describe-route.ts';
import { findEndpoint } from './control/find-endpoint.ts';
import { type EndpointFollower, followEndpoint } from './paths/endpoint-follower.ts';
import { trackPaths } from './paths/live-paths.ts';
import { parseOrigins } from './local/allowed-origins.ts';
import { parseBind } from './local/local-address.ts';
import { type LocalPortOptions, openLocalPort } from './local/local-port.ts';
import type { OutageEvent } from './paths/kept-mux.ts';
import { createMuxPaths, type MuxPaths } from './paths/mux-paths.ts';
import { openPath } from './paths/open-path.ts';
import { impatient } from './paths/patience.ts';
import { createSession, openProfileLink, type Session, type SessionOptions } from './control/open-session.ts';
import { createTurns } from './paths/turns.ts';
import { keepWarm } from './paths/warm-paths.ts';

export interface ConnectOptions extends SessionOptions {
  /** Local port; absent: 18000 or the next free one. 0: any. `false`: none, all goes through `fetch` and the calls. */
  port?: number | false;
  /** The address of this machine that the local port listens on. Default: 127.0.0.1, which containers and other machines cannot reach. */
  bind?: string;
  /** Web pages that may use the local port from a browser, by origin (`https://chat.example.org`); `*`: all. They need the key, too. */
  allowOrigins?: readonly string[];
  /**
   * `true`: all requests share one channel to the node, where its agent knows that. `false`: each has a channel of its own.
   * Default: true.
   */
  mux?: boolean;
  /** Ends the opening. The open connection is ended by closing it. */
  signal?: AbortSignal;
  /** Told of each next generation, of outages and of the end. What it throws is thrown at the process. */
  onEvent?: (event: ConnectionEvent) => void;
}

/**
 * Resolves when a request through the whole path has been answered. Close it with `await using` or `close()`.
 * Throws a CodedError: `deployment_unknown`, `endpoint_not_ready`, `port_taken`, `bind_invalid`, `origin_invalid`, `profile_missing`,
 * and the errors of the SSH connection (`refused`, `timeout`, `auth_failed`, `host_key_changed`, …).
 */
export async function connect(name: string, options: ConnectOptions = {}): Promise<Connection> {
  options.signal?.throwIfAborted();
  const local = { address: parseBind(options.bind), allowedOrigins: parseOrigins(options.allowOrigins ?? []) };
  const scope = new Scope();
  try {
    const link = scope.use(await openProfileLink(options));
    if (options.onEvent) tellRoutes(link, options.onEvent);
    // While the bastion answers, the code that asks control is loaded.
    const { dialled } = link.beginLogin();
    await untilAborted(dialled, options.signal);
    const session = scope.use(await createSession(link));
    return await openConnection(name, { session, scope, local }, options);
  } catch (error) {
    await scope[Symbol.asyncDispose]();
    throw error;
  }
}

function tellRoutes({ routes }: BastionLink, onEvent: (event: ConnectionEvent) => void): void {
  let again = false;
  routes.add((taken) => {
    const route = describeRoute(taken);
    if (route) tell(onEvent, { type: 'route.taken', route, again });
    again = true;
  });
}

/**
 * Limits the channels that are opened at the same time. Without a limit, each of many simultaneous requests waits at every hop for
 * all others; a higher limit is not faster (`pnpm bench double-hop --streams 500`).
 */
const channelsOpenedAtOnce = 32;

type LocalSettings = Pick<LocalPortOptions, 'address' | 'allowedOrigins'>;

async function openConnection(
  name: string,
  { session, scope, local }: { session: Session; scope: Scope; local: LocalSettings },
  options: ConnectOptions,
): Promise<Connection> {
  const { link, api } = session;
  const { log = silentLog, clock = systemClock } = options;
  const first = await findEndpoint(name, api, options.signal);
  const random = systemRandom;
  const follower = scope.use(
    followEndpoint({ name, api, watch: (stop) => session.watch(stop), opens: link.opens, clock, random, log }),
  );
  const turns = createTurns(channelsOpenedAtOnce);
  const carrier = createReach(carrierKinds.map((kind) => kind.createReacher({ link })));
  const live = scope.use(
    trackPaths((signal, patience) => openPath({ name, follower, carrier, turns, clock, random }, signal, patience)),
  );
  const endpoint = () => follower.current;
  const warm = scope.use(keepWarm({ paths: live, endpoint, clock, log }));
  const { onEvent } = options;
  const onOutage = (event: OutageEvent) => onEvent && tell(onEvent, event);
  const dialFormer = dialBy(carrier);
  const ways = { channels: live, warm, endpoint, dialFormer, clock, log, onOutage };
  const muxed = options.mux === false ? undefined : scope.use(createMuxPaths(ways));
  const paths = muxed ?? warm;
  const localPort =
    options.port === false
      ? undefined
      : scope.use(
          await openLocalPort({
            ...local,
            ...defined({ port: options.port }),
            open: (signal) => paths.open(signal, impatient),
            log,
          }),
        );
  const connection = createConnection({
    name,
    first,
    follower,
    paths: {
      open: (signal, patience) => paths.open(signal, patience),
      moveTo: (endpoint, stillUp) => live.moveTo(endpoint, stillUp),
      leave: (endpoint) => live.leave(endpoint),
    },
    api,
    localPort,
    clock,
    close: () => scope[Symbol.asyncDispose](),
    onEvent: options.onEvent,
  });
  using limit = openTimeLimit(clock, proofTimeoutMs, () => notAnswered(name));
  const stop = anySignal(options.signal, limit.signal);
  await connection.models({ signal: stop });
  // It was dialled beside that request.
  await untilAborted(muxed?.prepare() ?? Promise.resolve(), stop);
  if (muxed) keepPrepared(muxed, { link, follower });
  return connection;
}

/** The mux is dialled again with each connection and each endpoint, before a request needs it. */
function keepPrepared(
  muxed: MuxPaths,
  { link, follower }: { link: Pick<BastionLink, 'opens'>; follower: Pick<EndpointFollower, 'events'> },
): void {
  const prepare = () => detach(muxed.prepare());
  link.opens.add(prepare);
  follower.events.add(({ type }) => {
    if (type === 'endpoint.up') prepare();
  });
}

/** How long the first request may take. */
const proofTimeoutMs = 30_000;

function notAnswered(name: string): CodedError<'path_broken'> {
  return new CodedError(
    'path_broken',
    `cannot use the path to ${name} because the first request through it was not answered within ${proofTimeoutMs / 1000} s`,
    { hint: `See \`fairlead status ${name}\` and \`fairlead logs ${name} --source agent\`.`, retryable: true },
  );
}

/** A channel to an endpoint that is not asked for any more, once the bastion is reached. */
function dialBy(carrier: Reach) {
  return async (former: ReachableEndpoint, signal: AbortSignal) => {
    await untilAborted(carrier.ready(former.address), signal);
    return reachEndpoint(carrier, former, { signal });
  };
}
