// What control and people are told of the supervisor's state. Pure.

import type { InstanceState } from '@fairlead/protocol';
import type { SupervisorState } from './supervisor-state.ts';

export function viewState(state: SupervisorState): InstanceState {
  switch (state.status) {
    case 'starting': {
      const percent = state.percent === undefined ? {} : { percent: state.percent };
      return { status: 'starting', phase: state.phase, ...percent };
    }
    case 'ready':
      return { status: 'ready' };
    case 'degraded':
      return { status: 'degraded', reason: state.reason };
    case 'draining':
      return { status: 'draining', untilMs: state.untilMs, cause: state.cause };
    case 'stopped':
    case 'failed':
      return { status: state.status, cause: state.cause };
  }
}
