// A state's answers by event, as a table: an event that is not in it changes nothing.

import type { SupervisorEvent, SupervisorPolicy, SupervisorState, Transition } from './supervisor-state.ts';

export type EventOf<Type extends SupervisorEvent['type']> = Extract<SupervisorEvent, { type: Type }>;

export type Handlers<State extends SupervisorState> = {
  readonly [Type in SupervisorEvent['type']]?: (
    state: State,
    event: EventOf<Type>,
    policy: SupervisorPolicy,
  ) => Transition;
};

/** Undefined when the table has no answer. */
export function handle<State extends SupervisorState>(
  handlers: Handlers<State>,
  given: { state: State; event: SupervisorEvent; policy: SupervisorPolicy },
): Transition | undefined {
  const { state, event, policy } = given;
  // The key is the event's own type, so the handler takes just this event.
  const handler = handlers[event.type] as
    | ((state: State, event: SupervisorEvent, policy: SupervisorPolicy) => Transition)
    | undefined;
  return handler?.(state, event, policy);
}
