// What control and people are told of the supervisor's state. Pure.

import { defined } from '@fairlead/kit';
import type { InstanceState } from '@fairlead/protocol';
import type { SupervisorState } from './supervisor-state.ts';

export function viewState(state: SupervisorState): InstanceState {
  switch (state.status) {
    case 'starting': {
      const { phase, percent, detail } = state;
      return { status: 'starting', phase, ...defined({ percent, detail }) };
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
