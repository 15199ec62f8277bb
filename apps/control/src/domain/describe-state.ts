// An instance's state in words, to follow "it is …".

import type { InstanceState } from '@fairlead/protocol';

export function describeState(state: InstanceState): string {
  switch (state.status) {
    case 'submitted':
      return 'submitted, not yet seen in the queue';
    case 'queued':
      return state.reason === undefined ? 'waiting in the queue' : `waiting in the queue (${state.reason})`;
    case 'starting':
      return state.percent === undefined
        ? `starting (${state.phase})`
        : `starting (${state.phase}, ${Math.round(state.percent)} %)`;
    case 'ready':
      return 'ready';
    case 'degraded':
      return `degraded (${state.reason})`;
    case 'draining':
      return `draining (${state.cause.code})`;
    case 'stopped':
      return `stopped (${state.cause.code}): ${state.cause.message}`;
    case 'failed':
      return `failed (${state.cause.code}): ${state.cause.message}`;
  }
}
