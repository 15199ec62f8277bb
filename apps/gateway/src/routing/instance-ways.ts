// The way to each instance of the table: one mux where its front takes one, so that a request is a stream of it, else a channel a request.
// A channel that is lost ends no stream of the mux: it goes on over another one, also at the next generation of the tunnel.

import type { Duplex } from 'node:stream';

import { createMuxPaths, isSameSocket, type PathEndpoint, trackPaths } from '@fairlead/client/paths';
import { type Clock, CodedError, detach, errorText, type Log } from '@fairlead/kit';

import type { ModelTable, Offer, OfferPlace } from './offer.ts';

export interface InstanceWaysDeps {
  /** A new channel. */
  reach: (offer: Offer, signal: AbortSignal) => Promise<Duplex>;
  clock: Clock;
  log: Log;
}

interface WayDeps extends InstanceWaysDeps {
  onPaused: (instanceId: string) => void;
}

interface OfferEndpoint extends PathEndpoint {
  offer: Offer;
}

export class InstanceWays implements AsyncDisposable {
  readonly #deps: WayDeps;
  readonly #ways = new Map<string, Way>();

  /** Told which instance it is whose channel is lost under requests: they wait for another one. */
  onPaused: (instanceId: string) => void = () => undefined;

  constructor(deps: InstanceWaysDeps) {
    this.#deps = { ...deps, onPaused: (instanceId) => this.onPaused(instanceId) };
  }

  /** The caller closes it. Rejects where the instance is not reached, and with the signal's reason. */
  open(offer: Offer, signal: AbortSignal): Promise<Duplex> {
    if (offer.place.kind === 'upstream') return this.#deps.reach(offer, signal);
    let way = this.#ways.get(offer.instanceId);
    if (!way) {
      way = new Way(offer, this.#deps);
      this.#ways.set(offer.instanceId, way);
    }
    return way.open(signal);
  }

  /** Requests go where the table says now. Those at a former generation of a tunnel move to the next, or end where they have a channel of their own. */
  follow(table: ModelTable): void {
    const offers = new Map([...table.values()].flatMap(({ offers: all }) => all).map((one) => [one.instanceId, one]));
    for (const [instanceId, way] of this.#ways) {
      const offer = offers.get(instanceId);
      if (offer) way.moveTo(offer);
      else way.leave(() => this.#ways.delete(instanceId));
    }
  }

  /** Ends every request. Resolves when the fronts have been told. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#ways.values()].map((way) => way[Symbol.asyncDispose]()));
  }
}

class Way implements AsyncDisposable {
  readonly #deps: WayDeps;
  readonly #channels = trackPaths<OfferEndpoint>((signal) => this.#openChannel(signal));
  readonly #mux;
  #endpoint: OfferEndpoint;
  #requests = 0;
  /** Called when the last request of an instance that is offered no more has ended. */
  #onLeft: (() => void) | undefined;

  constructor(offer: Offer, deps: WayDeps) {
    this.#deps = deps;
    this.#endpoint = endpointOf(offer);
    const { clock, log, onPaused } = deps;
    this.#mux = createMuxPaths<OfferEndpoint>({
      channels: this.#channels,
      warm: this.#channels,
      endpoint: () => this.#endpoint,
      clock,
      log,
      onOutage(event) {
        const { type, ...told } = event;
        log.info({ op: 'gateway.way', instance: offer.instanceId, outage: type, ...told });
        if (type === 'requests.paused') onPaused(offer.instanceId);
      },
    });
  }

  async open(signal: AbortSignal): Promise<Duplex> {
    this.#requests += 1;
    try {
      const { channel } = await this.#mux.open(signal);
      channel.once('close', () => this.#over());
      return channel;
    } catch (error) {
      this.#over();
      throw error;
    }
  }

  moveTo(offer: Offer): void {
    this.#onLeft = undefined;
    const next = endpointOf(offer);
    if (isSameSocket(this.#endpoint, next)) return;
    this.#endpoint = next;
    this.#channels.moveTo(next);
  }

  leave(onLeft: () => void): void {
    this.#onLeft = onLeft;
    if (this.#requests === 0) this.#end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#mux[Symbol.asyncDispose]();
    this.#channels[Symbol.dispose]();
  }

  #over(): void {
    this.#requests -= 1;
    if (this.#requests === 0 && this.#onLeft) this.#end();
  }

  #end(): void {
    this.#onLeft?.();
    detach(this[Symbol.asyncDispose]());
  }

  async #openChannel(signal: AbortSignal): Promise<{ endpoint: OfferEndpoint; channel: Duplex }> {
    const endpoint = this.#endpoint;
    try {
      return { endpoint, channel: await this.#deps.reach(endpoint.offer, signal) };
    } catch (cause) {
      signal.throwIfAborted();
      // While the instance is offered its tunnel may come back.
      throw new CodedError('path_broken', errorText(cause), { retryable: this.#onLeft === undefined, cause });
    }
  }
}

function endpointOf(offer: Offer): OfferEndpoint {
  const { deployment, instanceId, generation, apiKey, place } = offer;
  return { deployment, instanceId, generation, apiKey, address: addressOf(place), offer };
}

function addressOf(place: OfferPlace): PathEndpoint['address'] {
  return place.kind === 'carrier' ? place.address : { ...place };
}
