// Gives each request a stream of one mux to the endpoint that answers now, or a channel of its own where there is none. Performs what
// decide-way.ts decides.

import { type Clock, detach, errorText, type Log } from '@fairlead/kit';
import { dialMux, type MuxSession } from '@fairlead/mux';
import type { ReachableEndpoint } from '@fairlead/protocol';

import { decideWay, type MuxState, type RequestWay } from './decide-way.ts';
import { goOn, type KeepDeps, type OutageEvent } from './kept-mux.ts';
import { closedError, type LivePaths, type Path, type PathEndpoint } from './live-paths.ts';

export interface MuxPathsOptions<Endpoint extends PathEndpoint = ReachableEndpoint> {
  /** Channels. One is dialled for the mux, and ends with its endpoint. */
  channels: Pick<LivePaths<Endpoint>, 'open'>;
  /** Channels for requests to a front that knows no mux. */
  warm: Pick<LivePaths<Endpoint>, 'open'>;
  /** The endpoint that answers now. */
  endpoint: () => Endpoint | undefined;
  /** As of kept-mux.ts. Absent: requests of an instance that drains are lost with their channel. */
  dialFormer?: KeepDeps<Endpoint>['dialFormer'];
  clock: Clock;
  log: Log;
  /** Told of each loss of a channel under requests, and of what became of them. */
  onOutage?: (event: OutageEvent) => void;
}

/** Disposal resolves when the front knows that its requests are over. */
export interface MuxPaths<Endpoint extends PathEndpoint = ReachableEndpoint>
  extends Pick<LivePaths<Endpoint>, 'open'>, AsyncDisposable {
  /** Dials a mux where the next request would: a request that runs in a channel of its own is lost with it. Resolves when none is dialled; never rejects. */
  prepare(): Promise<void>;
}

/** After a mux was lost before it was up, or refused. */
const retryIntervalMs = 1_000;

/** Opens nothing before `prepare` or the first request. Disposal ends the mux and its streams, and no other channel. */
export function createMuxPaths<Endpoint extends PathEndpoint = ReachableEndpoint>(
  options: MuxPathsOptions<Endpoint>,
): MuxPaths<Endpoint> {
  return new Muxed(options);
}

class Muxed<Endpoint extends PathEndpoint> implements MuxPaths<Endpoint> {
  readonly #options: MuxPathsOptions<Endpoint>;
  readonly #stop = new AbortController();
  #state: MuxState<Endpoint> = { status: 'none', dialAfterMs: Number.NEGATIVE_INFINITY };
  /** Of the state `up`. */
  #session: MuxSession | undefined;
  /** That one, and those to former endpoints that still have requests. */
  readonly #sessions = new Set<MuxSession>();
  #dialling: Promise<void> = Promise.resolve();

  constructor(options: MuxPathsOptions<Endpoint>) {
    this.#options = options;
  }

  async open(...[signal, patience]: Parameters<LivePaths['open']>): Promise<Path<Endpoint>> {
    signal?.throwIfAborted();
    const { channels, warm } = this.#options;
    const session = this.#session;
    const way = this.#decideWay();
    if (way === 'stream' && session && this.#state.status === 'up')
      return { endpoint: this.#state.endpoint, channel: session.open() };
    if (way === 'channel-and-dial') this.#dialling = this.#dial();
    return (this.#state.status === 'plain' ? warm : channels).open(signal, patience);
  }

  prepare(): Promise<void> {
    if (!this.#stop.signal.aborted && this.#decideWay() === 'channel-and-dial') this.#dialling = this.#dial();
    return this.#dialling;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const sessions = [...this.#sessions];
    for (const session of sessions) session.destroy(closedError());
    this.#stop.abort(closedError());
    await Promise.all(sessions.map(({ gone }) => gone));
  }

  #decideWay(): RequestWay {
    const { endpoint, clock } = this.#options;
    const { canOpen, isWaiting } = this.#session ?? { canOpen: false, isWaiting: false };
    return decideWay(this.#state, { endpoint: endpoint(), canOpen, isWaiting, nowMs: clock.monotonicMs() });
  }

  /** Never rejects: requests go on with channels, and get the errors of these. */
  async #dial(): Promise<void> {
    const { channels, clock, log } = this.#options;
    const { signal } = this.#stop;
    this.#state = { status: 'dialling' };
    try {
      const { channel, endpoint } = await channels.open(signal);
      const resumption = {
        key: endpoint.apiKey.reveal(),
        onLost: (cause: Error, session: MuxSession) => goOn(session, endpoint, cause, this.#keepDeps(session)),
      };
      const dialled = await dialMux(channel, { clock, signal, resumption });
      if (dialled.ok) this.#use(dialled.session, endpoint);
      else if (dialled.reason === 'plain') this.#state = { status: 'plain', endpoint };
      else this.#lose(retryIntervalMs);
      log.debug({ op: 'mux', ok: dialled.ok, ...(!dialled.ok && { reason: dialled.reason }) });
    } catch (error) {
      if (!signal.aborted) log.debug({ op: 'mux', ok: false, error: errorText(error) });
      this.#lose(retryIntervalMs);
    }
  }

  #keepDeps(session: MuxSession): KeepDeps<Endpoint> {
    const { onOutage = () => undefined } = this.#options;
    const onMoved = (endpoint: Endpoint) => {
      if (session === this.#session) this.#state = { status: 'up', endpoint };
    };
    return { ...this.#options, onOutage, onMoved, signal: this.#stop.signal };
  }

  #use(session: MuxSession, endpoint: Endpoint): void {
    this.#session = session;
    this.#sessions.add(session);
    this.#state = { status: 'up', endpoint };
    detach(session.closed.then(() => this.#forget(session)));
  }

  #forget(session: MuxSession): void {
    this.#sessions.delete(session);
    if (session === this.#session) this.#lose(session.refusal === 'full' ? retryIntervalMs : 0);
  }

  #lose(forMs: number): void {
    this.#session = undefined;
    this.#state = { status: 'none', dialAfterMs: this.#options.clock.monotonicMs() + forMs };
  }
}
