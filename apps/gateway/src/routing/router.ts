// The models that can be asked for now, and for each instance its breaker and what this gateway has in flight there.

import type { Log } from '@fairlead/kit';
import type { Load } from '@fairlead/protocol';

import { learnCapacity, usualCapacity } from '../admission/learn-capacity.ts';
import { type BreakerInput, type BreakerState, freshBreaker, isOpenTo, stepBreaker } from './breaker.ts';
import { poolsOf } from './model-pools.ts';
import type { ModelTable, Offer, OfferedModel } from './offer.ts';
import { pickOffer } from './pick-offer.ts';
import { earnRetry, fullRetryBudget, spendRetry } from './retry-budget.ts';

/** How a request ended, for the instance that had it. `dropped`: nothing is known of it by that. */
export type OfferVerdict = { kind: 'succeeded' } | { kind: 'dropped' } | { kind: 'failed'; reason: string };

export interface RouterDeps {
  monotonicMs: () => number;
  random: () => number;
  log: Log;
}

export interface RoutedInstance {
  id: string;
  deployment: string;
  /** Of this gateway. */
  requests: number;
  capacity: number;
  breaker: BreakerState['status'];
  /** Why its breaker is not closed. */
  reason?: string;
}

export class Router {
  readonly #deps: RouterDeps;
  readonly #breakers = new Map<string, BreakerState>();
  readonly #tokens = new Map<string, number>();
  /** Requests of this gateway at each instance. */
  readonly #requests = new Map<string, number>();
  /** How many each takes at once, as learnt. */
  readonly #capacities = new Map<string, number>();
  /** Those that are stated. */
  #stated: ReadonlyMap<string, number> = new Map();
  #pools: ReadonlyMap<string, string> = new Map();
  #onRoom: () => void = () => undefined;
  #models: ModelTable = new Map();
  /** Instances of the table. */
  #known: ReadonlySet<string> = new Set();
  #retries = fullRetryBudget;

  constructor(deps: RouterDeps) {
    this.#deps = deps;
  }

  get models(): ModelTable {
    return this.#models;
  }

  /** Instances that are gone are forgotten once their last request has ended. */
  replace(models: ModelTable): void {
    this.#models = models;
    this.#pools = poolsOf(models);
    const offers = [...models.values()].flatMap((model) => model.offers);
    this.#known = new Set(offers.map(({ instanceId }) => instanceId));
    this.#stated = new Map(
      offers.flatMap(({ instanceId, capacity }) => (capacity === undefined ? [] : [[instanceId, capacity] as const])),
    );
    for (const id of this.#breakers.keys()) if (!this.#known.has(id)) this.#breakers.delete(id);
    for (const id of this.#capacities.keys()) if (!this.#known.has(id)) this.#capacities.delete(id);
    for (const [id, requests] of this.#requests) if (requests === 0 && !this.#known.has(id)) this.#forget(id);
    this.#onRoom();
  }

  /** `onRoom` is called when an instance may take a request more than before. */
  set onRoom(onRoom: () => void) {
    this.#onRoom = onRoom;
  }

  poolOf(model: string): string {
    return this.#pools.get(model) ?? model;
  }

  /** What the engines of instances say of themselves, as their agents told last. */
  noteLoads(loads: ReadonlyMap<string, Load | undefined>): void {
    for (const [id, load] of loads) {
      if (!this.#known.has(id)) continue;
      const known = this.capacityOf(id);
      const capacity = learnCapacity(known, load, this.#requests.get(id) ?? 0);
      if (capacity !== known) this.#capacities.set(id, capacity);
    }
    this.#onRoom();
  }

  capacityOf(instanceId: string): number {
    return this.#stated.get(instanceId) ?? this.#capacities.get(instanceId) ?? usualCapacity;
  }

  requestsAt(instanceId: string): number {
    return this.#requests.get(instanceId) ?? 0;
  }

  /** Each instance once. */
  describe(): RoutedInstance[] {
    const offers = new Map(
      [...this.#models.values()].flatMap((model) => model.offers).map((offer) => [offer.instanceId, offer]),
    );
    return [...offers.values()].map(({ instanceId: id, deployment }) => {
      const breaker = this.#breakers.get(id) ?? freshBreaker;
      const reason = breaker.status === 'closed' ? {} : { reason: breaker.reason };
      return {
        id,
        deployment,
        requests: this.requestsAt(id),
        capacity: this.capacityOf(id),
        breaker: breaker.status,
        ...reason,
      };
    });
  }

  /** True also where there is no instance at all: then there is nothing to wait for. */
  hasRoom(model: string): boolean {
    const offers = this.#models.get(model)?.offers ?? [];
    if (offers.length === 0) return true;
    if (offers.length === 1) return this.#hasRoomAt(offers[0]!.instanceId);
    const nowMs = this.#deps.monotonicMs();
    const open = offers.filter(({ instanceId }) => this.#isOpenTo(instanceId, nowMs));
    return (open.length > 0 ? open : offers).some(({ instanceId }) => this.#hasRoomAt(instanceId));
  }

  #hasRoomAt(instanceId: string): boolean {
    return this.requestsAt(instanceId) < this.capacityOf(instanceId);
  }

  #isOpenTo(instanceId: string, nowMs: number): boolean {
    return isOpenTo(this.#breakers.get(instanceId) ?? freshBreaker, nowMs);
  }

  pick(model: OfferedModel, tried: ReadonlySet<string>): Offer | undefined {
    const nowMs = this.#deps.monotonicMs();
    return pickOffer(model.offers, {
      tried,
      random: this.#deps.random,
      tokensInFlight: (id) => this.#tokens.get(id) ?? 0,
      isOpenTo: (id) => this.#isOpenTo(id, nowMs),
      hasRoomAt: (id) => this.#hasRoomAt(id),
    });
  }

  /** The request is on its way to the instance. `end` follows once. */
  begin({ instanceId }: Offer, tokens: number): void {
    this.#tokens.set(instanceId, (this.#tokens.get(instanceId) ?? 0) + tokens);
    this.#requests.set(instanceId, this.requestsAt(instanceId) + 1);
    this.#step(instanceId, { type: 'request.sent', nowMs: this.#deps.monotonicMs() });
  }

  end({ instanceId }: Offer, tokens: number, verdict: OfferVerdict): void {
    const requests = this.requestsAt(instanceId) - 1;
    if (requests > 0 || this.#known.has(instanceId)) {
      this.#tokens.set(instanceId, Math.max(0, (this.#tokens.get(instanceId) ?? 0) - tokens));
      this.#requests.set(instanceId, requests);
    } else this.#forget(instanceId);
    this.#step(instanceId, inputOf(verdict, this.#deps.monotonicMs()));
    this.#onRoom();
  }

  #forget(instanceId: string): void {
    this.#tokens.delete(instanceId);
    this.#requests.delete(instanceId);
  }

  noteRequest(): void {
    this.#retries = earnRetry(this.#retries);
  }

  /** False where too many requests are being sent again already. */
  takeRetry(): boolean {
    const left = spendRetry(this.#retries);
    if (left) this.#retries = left;
    return left !== undefined;
  }

  #step(instanceId: string, input: BreakerInput): void {
    // An instance that is gone has no breaker.
    if (!this.#known.has(instanceId)) return;
    const before = this.#breakers.get(instanceId) ?? freshBreaker;
    const { state, effects } = stepBreaker(before, input);
    if (state === freshBreaker) this.#breakers.delete(instanceId);
    else if (state !== before) this.#breakers.set(instanceId, state);
    for (const { state: told, reason } of effects)
      this.#deps.log.warn({ op: 'gateway.breaker', instance: instanceId, state: told, reason });
  }
}

function inputOf(verdict: OfferVerdict, nowMs: number): BreakerInput {
  switch (verdict.kind) {
    case 'succeeded':
      return { type: 'request.succeeded' };
    case 'dropped':
      return { type: 'request.dropped', nowMs };
    case 'failed':
      return { type: 'request.failed', reason: verdict.reason, nowMs };
  }
}
