// The models that can be asked for now, and for each instance its breaker and what this gateway has in flight there.

import type { Log } from '@fairlead/kit';

import { type BreakerInput, type BreakerState, freshBreaker, isOpenTo, stepBreaker } from './breaker.ts';
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

export class Router {
  readonly #deps: RouterDeps;
  readonly #breakers = new Map<string, BreakerState>();
  readonly #tokens = new Map<string, number>();
  #models: ModelTable = new Map();
  /** The newest generation of each instance. */
  #generations = new Map<string, number>();
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
    const offers = [...models.values()].flatMap((model) => model.offers);
    this.#generations = new Map(offers.map(({ instanceId, generation }) => [instanceId, generation]));
    for (const id of this.#breakers.keys()) if (!this.#generations.has(id)) this.#breakers.delete(id);
  }

  pick(model: OfferedModel, tried: ReadonlySet<string>): Offer | undefined {
    const nowMs = this.#deps.monotonicMs();
    return pickOffer(model.offers, {
      tried,
      random: this.#deps.random,
      tokensInFlight: (id) => this.#tokens.get(id) ?? 0,
      isOpenTo: (id) => isOpenTo(this.#breakers.get(id) ?? freshBreaker, nowMs),
    });
  }

  /** The request is on its way to the instance. `end` follows once. */
  begin({ instanceId }: Offer, tokens: number): void {
    this.#tokens.set(instanceId, (this.#tokens.get(instanceId) ?? 0) + tokens);
    this.#step(instanceId, { type: 'request.sent', nowMs: this.#deps.monotonicMs() });
  }

  end({ instanceId }: Offer, tokens: number, verdict: OfferVerdict): void {
    const left = (this.#tokens.get(instanceId) ?? 0) - tokens;
    if (left > 0) this.#tokens.set(instanceId, left);
    else this.#tokens.delete(instanceId);
    this.#step(instanceId, inputOf(verdict, this.#deps.monotonicMs()));
  }

  /** Whether the instance has a newer tunnel than that of the offer: nothing more comes through the old one. */
  isSuperseded({ instanceId, generation }: Offer): boolean {
    return (this.#generations.get(instanceId) ?? 0) > generation;
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
    if (!this.#generations.has(instanceId)) return;
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
