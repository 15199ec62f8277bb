// The states and inputs of a follower, one example of each, for its table.

import { type Machine, nameWith } from '@fairlead/kit';
import type { DeploymentView, InstanceState, ReachableEndpoint } from '@fairlead/protocol';

import {
  firstFollowState,
  type FollowEffect,
  type FollowInput,
  type FollowState,
  followTransition,
} from './follow-machine.ts';

const cause = (code: 'agent_lost' | 'requested') => ({ code, message: code });

function endpointAt(generation: number): ReachableEndpoint {
  const address = { kind: 'bastion-socket', socket: `/run/aaaaaaaa-${generation}.sock` };
  return { instanceId: 'aaaaaaaa', generation, address } as ReachableEndpoint;
}

function deploymentOf(state: InstanceState, generations: readonly number[], wanted = 'running'): DeploymentView {
  const endpoints = generations.map(endpointAt);
  return {
    name: 'demo',
    wanted,
    instances: [{ id: 'aaaaaaaa', role: 'current', replica: 0, state, endpoints }],
  } as unknown as DeploymentView;
}

const up = endpointAt(1);
const lost = { status: 'failed', cause: cause('agent_lost') } as const;
const stopped = deploymentOf({ status: 'stopped', cause: cause('requested') }, []);
const mayReturn = deploymentOf(lost, [], 'stopped');
const common = { ...firstFollowState, wasUp: true, latest: deploymentOf({ status: 'ready' }, [1]) };

/** For the test, and for docs/state-machines.md. */
export const followMachine: Machine<FollowState, FollowInput, FollowEffect> = {
  step: followTransition,
  states: {
    'down (at first)': firstFollowState,
    down: { ...common, status: 'down' },
    'down (control lost)': { ...common, status: 'down', isControlLost: true, failures: 3 },
    'down (agent may return)': { ...common, status: 'down', isReturnAwaited: true, latest: mayReturn },
    'up at 1': { ...common, status: 'up', endpoint: up },
    'up at 2 (1 still up)': { ...common, status: 'up', endpoint: endpointAt(2), left: [up] },
    ended: { ...common, status: 'ended', deployment: stopped, latest: stopped },
  },
  events: {
    'control.heard': { type: 'control.heard' },
    'told: ready at 1': { type: 'deployment.told', deployment: deploymentOf({ status: 'ready' }, [1]) },
    'told: ready at 2': { type: 'deployment.told', deployment: deploymentOf({ status: 'ready' }, [2]) },
    'told: agent lost': { type: 'deployment.told', deployment: deploymentOf(lost, []) },
    'told: agent lost, and stopped': { type: 'deployment.told', deployment: mayReturn },
    'told: stopped': { type: 'deployment.told', deployment: stopped },
    'answered: 1': { type: 'endpoints.answered', endpoint: up, reason: '' },
    'answered: 2': { type: 'endpoints.answered', endpoint: endpointAt(2), reason: '' },
    'answered: none': { type: 'endpoints.answered', reason: 'not ready' },
    'return.limit_reached': { type: 'return.limit_reached' },
    'watch.failed': { type: 'watch.failed', isPassing: true, reason: 'reset' },
    'watch.failed (refused)': { type: 'watch.failed', isPassing: false, reason: 'denied' },
    'watch.ended': { type: 'watch.ended' },
  },
  nameState: (state) => {
    const at = state.status === 'up' ? ` at ${state.endpoint.generation}` : '';
    const left = state.left.map(({ generation }) => `${generation} still up`);
    const marks = [state.isControlLost && 'control lost', state.isReturnAwaited && 'agent may return', ...left];
    return nameWith(state.status + at, ...marks);
  },
  nameEffect: (effect) => {
    if (effect.type === 'tell') return `tell ${effect.event.type}`;
    return effect.type === 'pause' ? `pause ${effect.kind}` : effect.type;
  },
};
