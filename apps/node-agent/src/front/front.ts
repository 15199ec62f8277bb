// The front: takes requests off the tunnel and gives the engine those that may have them. Parses heads, never bodies.

import type { Duplex } from 'node:stream';
import { acceptEndToEnd, type EndToEndAccepter, type OwnCertificate } from '@fairlead/carrier';
import { type Clock, defined, type Log, type Secret, untilAborted, untilOver } from '@fairlead/kit';
import { createRouteTable, refuse, type ApiRoute, type Refusal, type RouteTable } from '@fairlead/openai-wire';
import type { EngineAddress } from '../engine/engine-address.ts';
import type { FrontConnectionDeps } from './connection-deps.ts';
import type { AdmissionFacts, FrontMode } from './decide-admission.ts';
import { type DashboardPlace, isPageRoute } from './dashboard-route.ts';
import { engineFields } from './engine-head.ts';
import { FrontConnection } from './front-connection.ts';
import { FrontMuxes } from './front-muxes.ts';
import { frontLimits, type FrontLimits } from './front-limits.ts';
import { countRecord, emptyStats, type FrontStats } from './front-stats.ts';
import { metricsRoute } from './metrics-route.ts';
import type { RequestRecord } from './request-record.ts';
import type { RequestTap } from './request-tap.ts';

export interface FrontOptions {
  /** Undefined while the engine is not there. Asked for each request. */
  engineAddress: () => EngineAddress | undefined;
  /** Where the agent answers `GET /metrics`. Absent: there is no such route. */
  metricsAddress?: EngineAddress;
  /** Where a page beside the engine is on 127.0.0.1 of this host, and the key that it wants. Asked for each request; undefined: there is none. */
  dashboard?: () => { port: string; key: Secret } | undefined;
  /** What the engine offers to consumers; no other request passes. */
  routes: readonly ApiRoute[];
  /** The endpoint's key, which clients present. */
  apiKey: Secret;
  /** The engine's own key, which never leaves the node. */
  engineKey: Secret;
  clock: Clock;
  log: Log;
  /** In [0, 1), for back-off. */
  random: () => number;
  limits?: Partial<FrontLimits>;
  /** Told of each request when it is over, but not of those for a page. */
  onRecord?: (record: RequestRecord) => void;
  /** Looks on at each request. */
  tap?: (() => RequestTap) | undefined;
  /** Takes TLS on channels from outside. `plain`: whether what is not encrypted so is answered too. Absent: takes no TLS. */
  endToEnd?: { own: OwnCertificate; plain: boolean } | undefined;
}

export interface Front extends AsyncDisposable {
  /**
   * Takes ownership of the connection: an ssh2 channel, or a socket. Serves one request on it, then closes it; or serves one on each
   * stream of it, where its first bytes say that it is a mux. Where they begin TLS, either comes within it. `from`, by
   * default `outside`: a program on the node itself need not encrypt.
   */
  accept(connection: Duplex, from?: 'outside' | 'node'): void;
  /** Requests that the engine has, or whose last bytes their client has not taken yet. */
  readonly inFlight: number;
  readonly mode: FrontMode;
  readonly stats: FrontStats;
  /** `starting` at first. `draining` is final: what comes after it is ignored. */
  admit(mode: FrontMode, retryAfterSeconds?: number): void;
  /** New requests get 503 with this Retry-After; those in flight go on. Consumers with a mux are told to open no more streams. */
  startDraining(retryAfterSeconds: number): void;
  /** Resolves when nothing is in flight. */
  idle(signal?: AbortSignal): Promise<void>;
  /** Ends every connection at once, both sides; clients see a cut, never a clean end. */
  cutAll(): void;
}

const defaultRetryAfterSeconds = 5;

/** Takes over a channel with what came of it. */
type Guest = (channel: Duplex, bytes: Buffer) => void;

interface Guests {
  onMux: Guest;
  onTls?: Guest | undefined;
  refusePlain?: (() => Refusal) | undefined;
}

function refusePlain(): Refusal {
  return refuse(
    'forbidden',
    'This deployment takes requests with end-to-end encryption only (`plain: false`). Use `fairlead connect`, `fairlead exec`, the SDK or a gateway of this version or a newer one.',
  );
}

/** Opens no socket of its own. Disposing cuts what is left and refuses later connections. */
export function openFront(options: FrontOptions): Front {
  return new OpenFront(options);
}

class OpenFront implements Front {
  readonly stats: FrontStats = emptyStats();
  readonly #options: FrontOptions;
  readonly #routes: RouteTable;
  readonly #limits: FrontLimits;
  readonly #connections = new Set<FrontConnection>();
  readonly #deps: FrontConnectionDeps;
  readonly #muxes: FrontMuxes;
  readonly #secure: EndToEndAccepter | undefined;
  readonly #disposed = new AbortController();
  #sweeping: Promise<void> | undefined;
  #mode: FrontMode = 'starting';
  #retryAfterSeconds = defaultRetryAfterSeconds;
  #servingSince = Number.NEGATIVE_INFINITY;
  #whenIdle = Promise.withResolvers<void>();

  constructor(options: FrontOptions) {
    this.#options = options;
    this.#routes = createRouteTable(options.metricsAddress ? [...options.routes, metricsRoute] : options.routes);
    this.#limits = { ...frontLimits, ...options.limits };
    this.#deps = {
      limits: this.#limits,
      clock: options.clock,
      engineLines: engineFields(options.engineKey.reveal()),
      facts: () => this.#facts(),
      dial: {
        clock: options.clock,
        random: options.random,
        dialMs: this.#limits.dialMs,
        heldBytes: this.#limits.heldBytes,
        isFresh: () => options.clock.monotonicMs() - this.#servingSince < this.#limits.freshMs,
      },
      onAdmitted: (route) => {
        if (isPageRoute(route)) return;
        this.stats.inFlight += 1;
        this.stats.admitted += 1;
      },
      onGenerated: () => (this.stats.generatedPieces += 1),
      tap: options.tap,
      onDialRetry: () => (this.stats.dialRetries += 1),
    };
    const { clock, endToEnd } = options;
    this.#secure = endToEnd && acceptEndToEnd({ own: endToEnd.own, clock, limitMs: this.#limits.headMs });
    this.#muxes = new FrontMuxes({
      clock: options.clock,
      log: options.log,
      limits: this.#limits,
      apiKey: options.apiKey,
      onStream: (stream) => this.#open(stream),
    });
  }

  get inFlight(): number {
    return this.stats.inFlight;
  }

  get mode(): FrontMode {
    return this.#mode;
  }

  accept(stream: Duplex, from: 'outside' | 'node' = 'outside'): void {
    const onMux: Guest = (channel, bytes) => this.#muxes.serve(channel, bytes);
    const secure = this.#secure;
    if (!secure || from === 'node') return this.#open(stream, { onMux });
    this.#open(stream, {
      onMux,
      onTls: (channel, bytes) => this.#open(secure(channel, bytes), { onMux }),
      refusePlain: this.#options.endToEnd?.plain === false ? refusePlain : undefined,
    });
  }

  /** `guests`: absent for what is within a mux. */
  #open(stream: Duplex, guests?: Guests): void {
    const leave = (guest: Guest | undefined): Guest | undefined =>
      guest &&
      ((channel, bytes) => {
        this.#connections.delete(connection);
        guest(channel, bytes);
      });
    const connection: FrontConnection = new FrontConnection(stream, this.#deps, {
      onClosed: (record) => this.#onClosed(connection, record),
      ...guests,
      ...defined({ onMux: leave(guests?.onMux), onTls: leave(guests?.onTls) }),
    });
    this.#connections.add(connection);
    this.#sweeping ??= this.#sweep();
    this.stats.accepted += 1;
    connection.start();
    if (this.#disposed.signal.aborted) connection.cut();
    else if (this.#connections.size > this.#limits.connections) this.#makeRoom(connection);
  }

  /** Closes the oldest connection that a client holds ready and has not used; refuses the new one where there is none. */
  #makeRoom(newest: FrontConnection): void {
    for (const connection of this.#connections) {
      if (connection === newest || !connection.isUnused) continue;
      connection.cut();
      return;
    }
    newest.refuse(refuse('too_many', 'Too many connections are open. Try again, or use fewer at a time.', 1));
  }

  admit(mode: FrontMode, retryAfterSeconds = defaultRetryAfterSeconds): void {
    if (this.#mode === 'draining') return;
    if (mode === 'serving' && this.#mode !== 'serving') this.#servingSince = this.#options.clock.monotonicMs();
    this.#mode = mode;
    if (mode === 'draining') this.#muxes.goAway();
    this.#retryAfterSeconds = retryAfterSeconds;
  }

  startDraining(retryAfterSeconds: number): void {
    this.admit('draining', retryAfterSeconds);
  }

  async idle(signal?: AbortSignal): Promise<void> {
    while (this.inFlight > 0) await untilAborted(this.#whenIdle.promise, signal);
  }

  cutAll(): void {
    for (const connection of this.#connections) connection.cut();
    this.#muxes.cutAll();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed.abort();
    this.cutAll();
    await this.#muxes[Symbol.asyncDispose]();
    await this.#sweeping;
  }

  #facts(): AdmissionFacts {
    return {
      mode: this.#mode,
      retryAfterSeconds: this.#retryAfterSeconds,
      apiKey: this.#options.apiKey,
      engineAddress: this.#options.engineAddress(),
      metricsAddress: this.#options.metricsAddress,
      dashboard: this.#dashboard(),
      routes: this.#routes,
      bodyBytes: this.#limits.bodyBytes,
    };
  }

  #dashboard(): DashboardPlace | undefined {
    const found = this.#options.dashboard?.();
    if (!found) return undefined;
    return { address: { host: '127.0.0.1', port: Number(found.port) }, lines: engineFields(found.key.reveal()) };
  }

  #onClosed(connection: FrontConnection, record: RequestRecord): void {
    this.#connections.delete(connection);
    if (!record.silent) this.#log(record);
    if (isPageRoute(record.route)) return;
    countRecord(this.stats, record);
    if (!record.silent) this.#options.onRecord?.(record);
    if (!record.route) return;
    this.stats.inFlight -= 1;
    if (this.stats.inFlight > 0) return;
    this.#whenIdle.resolve();
    this.#whenIdle = Promise.withResolvers();
  }

  /** The route, never the target: a query may hold anything. */
  #log({
    outcome,
    refusedAs,
    route,
    status,
    durationMs,
    firstByteMs,
    bytesToEngine,
    bytesToClient,
    dialRetries,
  }: RequestRecord): void {
    this.#options.log.debug({
      op: 'front.request',
      ok: outcome === 'completed',
      outcome,
      ...defined({ code: refusedAs, method: route?.method, route: route?.path, status }),
      durationMs: Math.round(durationMs),
      ...(firstByteMs === undefined ? {} : { firstByteMs: Math.round(firstByteMs) }),
      bytesToEngine,
      bytesToClient,
      ...(dialRetries === 0 ? {} : { dialRetries }),
    });
  }

  /** Ends when there is no connection: an idle agent has no timer for it. */
  async #sweep(): Promise<void> {
    const { signal } = this.#disposed;
    const { idleMs, headMs, bodyIdleMs, lingerMs, quietMs } = this.#limits;
    const everyMs = Math.min(idleMs, headMs, bodyIdleMs, lingerMs, quietMs) / 4;
    while (!signal.aborted && this.#connections.size > 0) {
      await untilOver(this.#options.clock.sleep(everyMs, signal), signal);
      const now = this.#options.clock.monotonicMs();
      for (const connection of this.#connections) connection.checkTime(now);
    }
    this.#sweeping = undefined;
  }
}
