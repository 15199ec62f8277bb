// Decides what follows for a consumer from each report of control: which endpoint answers now, when the deployment has
// ended, when control counts as lost. Pure; endpoint-follower.ts performs it.

import { go, stay, type Step } from '@fairlead/kit';
import { type DeploymentView, isEnded, isServing, leadInstance, type ReachableEndpoint } from '@fairlead/protocol';

import { isSameAddress, isSameSocket } from './live-paths.ts';

export type FollowEvent =
  | {
      type: 'endpoint.up';
      endpoint: ReachableEndpoint;
      /** Not the first one. */
      again: boolean;
      /** Endpoints that were used before and still answer their running requests: their instance drains, or another one serves better. */
      stillUp: readonly ReachableEndpoint[];
    }
  /** One that was `stillUp` is not any more. */
  | { type: 'endpoint.left'; endpoint: ReachableEndpoint }
  | { type: 'endpoint.down'; reason: string }
  | { type: 'deployment.ended'; deployment: DeploymentView }
  | { type: 'control.lost'; reason: string }
  | { type: 'control.back' };

interface Common {
  /** Control's last report of the deployment. */
  latest?: DeploymentView;
  /** Endpoints that were used before and are still up. */
  left: readonly ReachableEndpoint[];
  /** Whether there has been an endpoint. */
  wasUp: boolean;
  /** A lost agent of a stopped deployment may return, until a limit is reached. */
  isReturnAwaited: boolean;
  isControlLost: boolean;
  /** Failed watches since control's last message. */
  failures: number;
}

export type FollowState =
  | ({ status: 'down' } & Common)
  | ({ status: 'up'; endpoint: ReachableEndpoint } & Common)
  | ({ status: 'ended'; deployment: DeploymentView } & Common);

export type FollowInput =
  /** A message came from control. */
  | { type: 'control.heard' }
  | { type: 'deployment.told'; deployment: DeploymentView }
  /** The answer to `ask`. `endpoint` is absent where none can be reached. */
  | { type: 'endpoints.answered'; endpoint?: ReachableEndpoint; reason: string }
  | { type: 'return.limit_reached' }
  /** `isPassing`: a later try can succeed without a person. */
  | { type: 'watch.failed'; isPassing: boolean; reason: string }
  | { type: 'watch.ended' };

export type FollowEffect =
  | { type: 'tell'; event: FollowEvent }
  /** Ask control for the endpoints. */
  | { type: 'ask' }
  | { type: 'return.await' }
  | { type: 'return.forget' }
  /** Watch again after it. `person`: only a person can cure the refusal, and a server that counts refused logins may lock the account out. */
  | { type: 'pause'; kind: 'soon' | 'person'; attempt: number };

type FollowStep = Step<FollowState, FollowEffect>;
type InputOf<Type extends FollowInput['type']> = Extract<FollowInput, { type: Type }>;

export const firstFollowState: FollowState = {
  status: 'down',
  left: [],
  wasUp: false,
  isReturnAwaited: false,
  isControlLost: false,
  failures: 0,
};

export function followTransition(state: FollowState, input: FollowInput): FollowStep {
  switch (input.type) {
    case 'control.heard':
      return go(
        { ...state, failures: 0, isControlLost: false },
        ...(state.isControlLost ? [tell({ type: 'control.back' })] : []),
      );
    case 'deployment.told':
      return learn(state, input.deployment);
    case 'endpoints.answered':
      return state.status === 'ended' ? stay(state) : settle(state, input);
    case 'return.limit_reached':
      return state.latest && state.isReturnAwaited ? end(state, state.latest) : stay(state);
    case 'watch.failed':
      return lose(state, input);
    case 'watch.ended':
      return go({ ...state, failures: state.failures + 1 }, { type: 'pause', kind: 'soon', attempt: state.failures });
  }
}

export function endpointOf(state: FollowState): ReachableEndpoint | undefined {
  return state.status === 'up' ? state.endpoint : undefined;
}

function learn(before: FollowState, deployment: DeploymentView): FollowStep {
  const gone = before.left.filter((endpoint) => !isUp(endpoint, deployment));
  const left = before.left.filter((endpoint) => !gone.includes(endpoint));
  const told = gone.map((endpoint) => tell({ type: 'endpoint.left', endpoint }));
  const state: FollowState = { ...before, latest: deployment, left };
  const outlook = outlookOf(deployment);
  if (outlook === 'ended') {
    const ended = end(state, deployment);
    return go(ended.state, ...told, ...ended.effects);
  }
  const isReturnAwaited = outlook === 'may return for a while';
  // The wait has ended already.
  if (state.status === 'ended' && isReturnAwaited) return go(state, ...told);
  const awaiting: FollowEffect[] =
    isReturnAwaited === state.isReturnAwaited ? [] : [{ type: isReturnAwaited ? 'return.await' : 'return.forget' }];
  const next: FollowState = state.status === 'ended' ? { ...commonOf(state), status: 'down' } : state;
  const isSettled = next.status === 'up' && isBest(next.endpoint, deployment);
  return go({ ...next, isReturnAwaited }, ...told, ...awaiting, ...(isSettled ? [] : [{ type: 'ask' } as const]));
}

function settle(state: FollowState, { endpoint, reason }: InputOf<'endpoints.answered'>): FollowStep {
  const previous = endpointOf(state);
  if (!endpoint) {
    const down: FollowState = { ...commonOf(state), status: 'down' };
    return go(down, ...(previous ? [tell({ type: 'endpoint.down', reason })] : []));
  }
  if (previous && isSameSocket(previous, endpoint)) return go({ ...state, status: 'up', endpoint });
  const used = previous ? [...state.left, previous] : state.left;
  const left = used.filter((other) => !isSameSocket(other, endpoint) && isUp(other, state.latest));
  return go(
    { ...commonOf(state), status: 'up', endpoint, left, wasUp: true },
    tell({ type: 'endpoint.up', endpoint, again: state.wasUp, stillUp: left }),
  );
}

function end(state: FollowState, deployment: DeploymentView): FollowStep {
  const { state: last } = leadInstance(deployment);
  const reason = isEnded(last) ? last.cause.message : '';
  return go(
    { ...commonOf(state), status: 'ended', deployment, isReturnAwaited: false },
    ...(state.isReturnAwaited ? [{ type: 'return.forget' } as const] : []),
    ...(state.status === 'up' ? [tell({ type: 'endpoint.down', reason })] : []),
    tell({ type: 'deployment.ended', deployment }),
  );
}

function lose(state: FollowState, { isPassing, reason }: InputOf<'watch.failed'>): FollowStep {
  return go(
    { ...state, isControlLost: true, failures: state.failures + 1 },
    ...(state.isControlLost ? [] : [tell({ type: 'control.lost', reason })]),
    { type: 'pause', kind: isPassing ? 'soon' : 'person', attempt: state.failures },
  );
}

function commonOf({ latest, left, wasUp, isReturnAwaited, isControlLost, failures }: FollowState): Common {
  return { left, wasUp, isReturnAwaited, isControlLost, failures, ...(latest && { latest }) };
}

function tell(event: FollowEvent): FollowEffect {
  return { type: 'tell', event };
}

type Outlook = 'lives' | 'may return' | 'may return for a while' | 'ended';

/** An agent that control has lost sight of may come back with its tunnel: an outage, not an end. */
function outlookOf({ instances, wanted }: DeploymentView): Outlook {
  const states = instances.map(({ state }) => state);
  if (states.some((state) => !isEnded(state))) return 'lives';
  if (!states.some((state) => isEnded(state) && state.cause.code === 'agent_lost')) return 'ended';
  return wanted === 'running' ? 'may return' : 'may return for a while';
}

/** Whether the instance still answers there. */
function isUp(endpoint: ReachableEndpoint, deployment: DeploymentView | undefined): boolean {
  const instance = deployment?.instances.find(({ id }) => id === endpoint.instanceId);
  return instance?.endpoints.some((ref) => isSameAddress(ref, endpoint)) ?? false;
}

/** Whether the consumer stays with it. It leaves an instance that is degraded or draining where another one serves. */
function isBest(endpoint: ReachableEndpoint, deployment: DeploymentView): boolean {
  if (!isUp(endpoint, deployment)) return false;
  const { instances } = deployment;
  if (instances.find(({ id }) => id === endpoint.instanceId)?.state.status === 'ready') return true;
  return !instances.some(
    ({ id, state, endpoints }) => id !== endpoint.instanceId && isServing(state) && endpoints.length > 0,
  );
}
