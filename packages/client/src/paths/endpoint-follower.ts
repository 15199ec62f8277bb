// Watches one deployment through control: which endpoint answers now, and when that changes. Decides nothing about requests.
// Performs what follow-machine.ts decides.

import {
  anySignal,
  backoffMs,
  callLater,
  type Clock,
  CodedError,
  defined,
  detach,
  errorText,
  Listeners,
  type Log,
  untilOver,
} from '@fairlead/kit';
import {
  type DeploymentView,
  isEnded,
  leadInstance,
  type ReachableEndpoint,
  type WatchMessage,
} from '@fairlead/protocol';

import type { ClientErrorCode } from '../client-error.ts';
import { ControlAnswerError } from '../client-error.ts';
import type { ControlApi } from '../control/control-api.ts';
import { pickReachable, unknownCarrier } from '../control/find-endpoint.ts';
import {
  endpointOf,
  firstFollowState,
  type FollowEffect,
  type FollowEvent,
  type FollowInput,
  type FollowState,
  followTransition,
} from './follow-machine.ts';
import { isPassing } from '../control/is-passing.ts';

export type { FollowEvent } from './follow-machine.ts';

export interface FollowDeps {
  name: string;
  api: ControlApi;
  watch(signal: AbortSignal): AsyncIterable<WatchMessage>;
  /** Emits when the bastion can be reached again, which ends the wait for the next try. */
  opens?: Listeners<void>;
  clock: Clock;
  random: () => number;
  log: Log;
}

/** Disposal ends the watch; no event follows. */
export interface EndpointFollower extends AsyncDisposable {
  /** The endpoint that answers now, if any. */
  readonly current: ReachableEndpoint | undefined;
  /** Resolves with the endpoint as soon as there is one; rejects when the deployment ended. */
  next(signal?: AbortSignal): Promise<ReachableEndpoint>;
  readonly events: Listeners<FollowEvent>;
  /** As `events.add`, but first calls the listener with what is true now. */
  listen(listener: (event: FollowEvent) => void): () => void;
}

const pauses = {
  soon: { baseMs: 250, maxMs: 10_000, minMs: 100 },
  person: { baseMs: 600_000, maxMs: 1_200_000, minMs: 600_000 },
} as const;
/** How long to wait for the lost agent of a stopped deployment, which may come back to finish its requests. */
const returnLimitMs = 60_000;

export function followEndpoint(deps: FollowDeps): EndpointFollower {
  return new Follower(deps);
}

class Follower implements EndpointFollower {
  readonly events = new Listeners<FollowEvent>();
  readonly #deps: FollowDeps;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #state: FollowState = firstFollowState;
  /** Of the wait for a lost agent. */
  #return: AbortController | undefined;

  constructor(deps: FollowDeps) {
    this.#deps = deps;
    this.#running = this.#run();
  }

  get current(): ReachableEndpoint | undefined {
    return endpointOf(this.#state);
  }

  listen(listener: (event: FollowEvent) => void): () => void {
    const { current } = this;
    if (current) listener({ type: 'endpoint.up', endpoint: current, again: false, stillUp: this.#state.left });
    if (this.#state.status === 'ended') listener({ type: 'deployment.ended', deployment: this.#state.deployment });
    return this.events.add(listener);
  }

  async next(signal?: AbortSignal): Promise<ReachableEndpoint> {
    if (this.current) return this.current;
    if (this.#state.status === 'ended') throw endedError(this.#state.deployment);
    const { promise, resolve, reject } = Promise.withResolvers<ReachableEndpoint>();
    const remove = this.events.add((event) => {
      if (event.type === 'endpoint.up') resolve(event.endpoint);
      if (event.type === 'deployment.ended') reject(endedError(event.deployment));
    });
    const onAbort = () => reject(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      signal?.throwIfAborted();
      return await promise;
    } finally {
      remove();
      signal?.removeEventListener('abort', onAbort);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new CodedError<ClientErrorCode>('connection_closed', 'the connection was closed'));
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const end = await this.#watchOnce();
      if (!this.#stop.signal.aborted) await this.#dispatch(end);
    }
  }

  /** Resolves with how the watch ended. */
  async #watchOnce(): Promise<FollowInput> {
    const { name, log } = this.#deps;
    try {
      for await (const message of this.#deps.watch(this.#stop.signal)) {
        await this.#dispatch({ type: 'control.heard' });
        const deployment = deploymentsIn(message).find((view) => view.name === name);
        if (deployment) await this.#dispatch({ type: 'deployment.told', deployment });
      }
      return { type: 'watch.ended' };
    } catch (error) {
      log.debug({ op: 'watch', ok: false, failures: this.#state.failures, error: errorText(error) });
      return { type: 'watch.failed', isPassing: isPassing(error), reason: errorText(error) };
    }
  }

  /** Resolves when all effects are performed, a pause included. */
  async #dispatch(input: FollowInput): Promise<void> {
    const { state, effects } = followTransition(this.#state, input);
    this.#state = state;
    for (const effect of effects) await this.#perform(effect);
  }

  #perform(effect: FollowEffect): void | Promise<void> {
    switch (effect.type) {
      case 'tell':
        return this.#tell(effect.event);
      case 'ask':
        return this.#ask();
      case 'return.await':
        return this.#awaitReturn();
      case 'return.forget':
        this.#return?.abort();
        return;
      case 'pause':
        return this.#pause(backoffMs(pauses[effect.kind], effect.attempt, this.#deps.random()));
    }
  }

  /** What a listener throws is a fault of ours, not a failure of control. */
  #tell(event: FollowEvent): void {
    try {
      this.events.emit(event);
    } catch (error) {
      this.#deps.log.error({ op: 'follow.listener', ok: false, event: event.type, error: errorText(error) });
    }
  }

  async #ask(): Promise<void> {
    const { api, name } = this.#deps;
    let answer: { endpoint?: ReachableEndpoint; reason: string };
    try {
      const endpoint = pickReachable(await api.endpoints(name, this.#stop.signal), this.current);
      answer = { ...defined({ endpoint }), reason: unknownCarrier };
    } catch (error) {
      if (!(error instanceof ControlAnswerError)) throw error;
      answer = { reason: error.message };
    }
    await this.#dispatch({ type: 'endpoints.answered', ...answer });
  }

  #awaitReturn(): void {
    this.#return = new AbortController();
    const signal = anySignal(this.#stop.signal, this.#return.signal);
    const onLimit = () => detach(this.#dispatch({ type: 'return.limit_reached' }));
    callLater(onLimit, { clock: this.#deps.clock, afterMs: returnLimitMs, signal });
  }

  async #pause(ms: number): Promise<void> {
    const wake = new AbortController();
    const remove = this.#deps.opens?.add(() => wake.abort());
    const signal = anySignal(this.#stop.signal, wake.signal);
    await untilOver(this.#deps.clock.sleep(ms, signal), signal);
    remove?.();
  }
}

function deploymentsIn(message: WatchMessage): DeploymentView[] {
  switch (message.type) {
    case 'snapshot':
      return message.deployments;
    case 'deployment.changed':
      return [message.deployment];
    case 'resync':
    case 'event.added':
      return [];
  }
}

function endedError(deployment: DeploymentView): CodedError<ClientErrorCode> {
  const { state } = leadInstance(deployment);
  const why = isEnded(state) ? `${state.cause.code}: ${state.cause.message}` : state.status;
  return new CodedError('endpoint_ended', `cannot reach ${deployment.name} because its instance has ended (${why})`, {
    hint: `See \`fairlead status ${deployment.name}\`; start it again with \`fairlead deploy\`.`,
  });
}
