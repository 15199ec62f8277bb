// Follows one deployment through control: which endpoint answers now, and when that changes. Decides nothing about requests.

import { anySignal, backoffMs, callLater, type Clock, CodedError, errorText, Listeners, type Log } from '@fairlead/kit';
import { type DeploymentView, type EndpointView, isEnded, type WatchMessage } from '@fairlead/protocol';

import type { ClientErrorCode } from './client-error.ts';
import { ControlAnswerError } from './client-error.ts';
import type { ControlApi } from './control-api.ts';
import { isPassing } from './is-passing.ts';

export type FollowEvent =
  | { type: 'endpoint.up'; endpoint: EndpointView; /** Not the first one. */ again: boolean }
  | { type: 'endpoint.down'; reason: string }
  | { type: 'deployment.ended'; deployment: DeploymentView }
  | { type: 'control.lost'; reason: string }
  | { type: 'control.back' };

export interface FollowDeps {
  name: string;
  api: ControlApi;
  watch(signal: AbortSignal): AsyncIterable<WatchMessage>;
  /** Says that the bastion can be reached again; a wait for the next try ends with it. */
  opens?: Listeners<void>;
  clock: Clock;
  random: () => number;
  log: Log;
}

export interface EndpointFollower extends AsyncDisposable {
  /** The endpoint that answers now, if any. */
  readonly current: EndpointView | undefined;
  /** Resolves with the endpoint as soon as there is one; rejects when the deployment ended. */
  next(signal?: AbortSignal): Promise<EndpointView>;
  readonly events: Listeners<FollowEvent>;
  /** As `events.add`, but one that comes late is told what is true by now. */
  listen(listener: (event: FollowEvent) => void): () => void;
}

const RETRY = { baseMs: 250, maxMs: 10_000, minMs: 100 };
/** How long to wait for the lost agent of a stopped deployment, which may come back to finish its requests. */
const STOPPED_RETURN_MS = 60_000;
/** After a refusal that only a person can cure: a server that counts refused logins must not be pressed. */
const PERSON_RETRY = { baseMs: 600_000, maxMs: 1_200_000, minMs: 600_000 };

export function followEndpoint(deps: FollowDeps): EndpointFollower {
  const events = new Listeners<FollowEvent>();
  const stop = new AbortController();
  let current: EndpointView | undefined;
  let ended: DeploymentView | undefined;
  /** Runs while a lost agent of a stopped deployment may return. */
  let ending: AbortController | undefined;
  let seen = false;
  let isLost = false;
  /** Since control last said something. */
  let failures = 0;

  function settle(next: EndpointView | undefined, reason: string): void {
    const previous = current;
    current = next;
    if (next && !isSame(previous, next)) {
      const again = seen;
      seen = true;
      events.emit({ type: 'endpoint.up', endpoint: next, again });
    }
    if (!next && previous) events.emit({ type: 'endpoint.down', reason });
  }

  async function refresh(): Promise<void> {
    try {
      settle(await deps.api.endpoint(deps.name, stop.signal), '');
    } catch (error) {
      if (!(error instanceof ControlAnswerError)) throw error;
      settle(undefined, error.message);
    }
  }

  async function look(deployment: DeploymentView): Promise<void> {
    const { instance } = deployment;
    const outlook = outlookOf(deployment);
    if (outlook !== 'may return for a while') {
      ending?.abort();
      ending = undefined;
    }
    if (outlook === 'ended') end(deployment);
    else {
      ended = undefined;
      if (outlook === 'may return for a while') endLater(deployment);
      const same =
        current &&
        instance.endpoint &&
        current.instanceId === instance.id &&
        current.generation === instance.endpoint.generation;
      if (!same || !current) await refresh();
    }
  }

  function end(deployment: DeploymentView): void {
    ended = deployment;
    const { state } = deployment.instance;
    settle(undefined, isEnded(state) ? state.cause.message : '');
    events.emit({ type: 'deployment.ended', deployment });
  }

  function endLater(deployment: DeploymentView): void {
    if (ending) return;
    ending = new AbortController();
    const signal = anySignal(stop.signal, ending.signal);
    callLater(() => end(deployment), { clock: deps.clock, afterMs: STOPPED_RETURN_MS, signal });
  }

  async function followOnce(): Promise<void> {
    for await (const message of deps.watch(stop.signal)) {
      failures = 0;
      if (isLost) events.emit({ type: 'control.back' });
      isLost = false;
      const mine = deploymentsIn(message).find((deployment) => deployment.name === deps.name);
      if (mine) await look(mine);
    }
  }

  function lose(error: unknown): void {
    deps.log.debug({ op: 'watch', ok: false, failures, error: errorText(error) });
    if (isLost) return;
    isLost = true;
    events.emit({ type: 'control.lost', reason: errorText(error) });
  }

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      let retry = RETRY;
      try {
        await followOnce();
      } catch (error) {
        if (stop.signal.aborted) return;
        if (!isPassing(error)) retry = PERSON_RETRY;
        lose(error);
      }
      const waitMs = backoffMs(retry, failures++, deps.random());
      await pause(waitMs);
    }
  }

  async function pause(ms: number): Promise<void> {
    const wake = new AbortController();
    const remove = deps.opens?.add(() => wake.abort());
    const signal = AbortSignal.any([stop.signal, wake.signal]);
    await deps.clock.sleep(ms, signal).catch(ignoreAbort(signal));
    remove?.();
  }

  const running = run();
  return {
    get current() {
      return current;
    },
    events,
    listen(listener) {
      if (current) listener({ type: 'endpoint.up', endpoint: current, again: false });
      if (ended) listener({ type: 'deployment.ended', deployment: ended });
      return events.add(listener);
    },
    async next(signal) {
      if (current) return current;
      if (ended) throw endedError(ended);
      const { promise, resolve, reject } = Promise.withResolvers<EndpointView>();
      const remove = events.add((event) => {
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
    },
    async [Symbol.asyncDispose]() {
      stop.abort(new CodedError<ClientErrorCode>('connection_closed', 'the connection was closed'));
      await running;
    },
  };
}

type Outlook = 'lives' | 'may return' | 'may return for a while' | 'ended';

/** An agent that control has lost sight of may come back with its tunnel: an outage, not an end. */
function outlookOf({ instance: { state }, wanted }: DeploymentView): Outlook {
  if (!isEnded(state)) return 'lives';
  if (state.cause.code !== 'agent_lost') return 'ended';
  return wanted === 'running' ? 'may return' : 'may return for a while';
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

function isSame(a: EndpointView | undefined, b: EndpointView): boolean {
  return a !== undefined && a.instanceId === b.instanceId && a.generation === b.generation && a.socket === b.socket;
}

function endedError(deployment: DeploymentView): CodedError<ClientErrorCode> {
  const { state } = deployment.instance;
  const why = isEnded(state) ? `${state.cause.code}: ${state.cause.message}` : state.status;
  return new CodedError('endpoint_ended', `cannot reach ${deployment.name} because its instance has ended (${why})`, {
    hint: `See \`fairlead status ${deployment.name}\`; start it again with \`fairlead deploy\`.`,
  });
}

function ignoreAbort(signal: AbortSignal) {
  return (error: unknown) => {
    if (!signal.aborted) throw error;
  };
}
