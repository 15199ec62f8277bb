// Keeps the table of models as the owner's control tells it. While control is away the table stays as it was: requests go on.

import { type Clock, type Log, repeatTurns } from '@fairlead/kit';
import { type DeploymentView, type EndpointView, isServing, type WatchMessage } from '@fairlead/protocol';

import { buildModelTable } from './build-model-table.ts';
import type { ModelTable } from './offer.ts';

export interface OfferSource {
  /** One connection's messages of control. */
  watch(signal: AbortSignal): AsyncIterable<WatchMessage>;
  /** Empty where the deployment has no endpoint, whatever the reason. */
  endpoints(deployment: string, signal: AbortSignal): Promise<readonly EndpointView[]>;
}

export interface FollowOffersDeps extends OfferSource {
  onTable: (table: ModelTable) => void;
  clock: Clock;
  log: Log;
}

/** Disposal ends the watch; no table follows. */
export interface OfferFollower extends AsyncDisposable {
  /** Resolves with the first table. Rejects when the first connection to control fails. */
  readonly first: Promise<void>;
}

const retry = { baseMs: 250, maxMs: 10_000 };

export function followOffers(deps: FollowOffersDeps): OfferFollower {
  const stop = new AbortController();
  const first = Promise.withResolvers<void>();
  const follower = new Follower(deps, stop.signal, first.resolve);
  const turn = async () => {
    try {
      await follower.watchOnce();
    } catch (error) {
      first.reject(error);
      throw error;
    }
    return retry.baseMs;
  };
  const running = repeatTurns(turn, {
    op: 'gateway.watch',
    clock: deps.clock,
    log: deps.log,
    signal: stop.signal,
    retry,
  });
  return {
    first: first.promise,
    async [Symbol.asyncDispose]() {
      stop.abort(new Error('the gateway was stopped'));
      await running;
    },
  };
}

class Follower {
  readonly #deps: FollowOffersDeps;
  readonly #signal: AbortSignal;
  readonly #onFirst: () => void;
  readonly #deployments = new Map<string, DeploymentView>();
  /** What was asked for, and what came. */
  readonly #endpoints = new Map<string, { facts: string; found: readonly EndpointView[] }>();

  constructor(deps: FollowOffersDeps, signal: AbortSignal, onFirst: () => void) {
    this.#deps = deps;
    this.#signal = signal;
    this.#onFirst = onFirst;
  }

  /** Resolves when control ends the watch. */
  async watchOnce(): Promise<void> {
    for await (const message of this.#deps.watch(this.#signal)) {
      if (!this.#note(message)) continue;
      await this.#ask();
      const found = new Map([...this.#endpoints].map(([name, one]) => [name, one.found]));
      this.#deps.onTable(buildModelTable([...this.#deployments.values()], found));
      this.#onFirst();
    }
  }

  /** Whether it changes anything. */
  #note(message: WatchMessage): boolean {
    switch (message.type) {
      case 'snapshot':
        this.#deployments.clear();
        for (const deployment of message.deployments) this.#deployments.set(deployment.name, deployment);
        // Endpoints may have other keys after an outage.
        this.#endpoints.clear();
        return true;
      case 'deployment.changed':
        this.#deployments.set(message.deployment.name, message.deployment);
        return true;
      case 'resync':
      case 'event.added':
        return false;
    }
  }

  /** Asks again for endpoints whose instances, generations or states have changed. */
  async #ask(): Promise<void> {
    for (const deployment of this.#deployments.values()) {
      const facts = factsOf(deployment);
      if (facts === this.#endpoints.get(deployment.name)?.facts) continue;
      const found = facts === '' ? [] : await this.#deps.endpoints(deployment.name, this.#signal);
      this.#endpoints.set(deployment.name, { facts, found });
    }
    for (const name of this.#endpoints.keys()) if (!this.#deployments.has(name)) this.#endpoints.delete(name);
  }
}

/** Empty where no instance can be asked. */
function factsOf({ instances }: DeploymentView): string {
  const reachable = instances.filter(({ state, endpoints }) => isServing(state) && endpoints.length > 0);
  if (reachable.length === 0) return '';
  return JSON.stringify(reachable.map(({ id, state, endpoints }) => [id, state.status, endpoints]));
}
