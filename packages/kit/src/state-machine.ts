// What all state machines of the house share: the form of a step, and the table of every state with every event.

/** What an event leads to: the next state, and what is to be done then, in this order. */
export interface Step<State, Effect> {
  readonly state: State;
  readonly effects: readonly Effect[];
}

/** Nothing is to be done. The very state that came in says that nothing has changed. */
export function stay<State>(state: State): Step<State, never> {
  return { state, effects: [] };
}

/** The types are those of the place that the step is returned to. */
export function go<State, Effect>(
  state: NoInfer<State>,
  ...effects: ReadonlyArray<NoInfer<Effect>>
): Step<State, Effect> {
  return { state, effects };
}

/** A machine as its table shows it. */
export interface Machine<State, Event, Effect> {
  step: (state: State, event: Event) => Step<State, Effect>;
  /** One example of each state that differs from the others in what it does next. */
  states: readonly State[] | Readonly<Record<string, State>>;
  events: Readonly<Record<string, Event>>;
  /** Names what a state may become, and the examples where they have no names of their own. */
  nameState: (state: State) => string;
  nameEffect: (effect: Effect) => string;
}

export interface TransitionRow<State, Event, Effect> {
  state: string;
  event: string;
  next: string;
  effects: string[];
  from: State;
  given: Event;
  step: Step<State, Effect>;
}

/** Every state with every event. */
export function listTransitions<State, Event, Effect>(
  machine: Machine<State, Event, Effect>,
): Array<TransitionRow<State, Event, Effect>> {
  const { step, states, events, nameState, nameEffect } = machine;
  const named: Array<[name: string, state: State]> = isList(states)
    ? states.map((state) => [nameState(state), state])
    : Object.entries(states);
  return named.flatMap(([name, from]) =>
    Object.entries(events).map(([event, given]) => {
      const taken = step(from, given);
      const next = taken.state === from ? name : nameState(taken.state);
      return { state: name, event, next, effects: taken.effects.map(nameEffect), from, given, step: taken };
    }),
  );
}

/** Markdown. Rows in which nothing changes are left out, and events of one state with the same consequence share a row. */
export function renderTransitions<State, Event, Effect>(machine: Machine<State, Event, Effect>): string {
  const rows = new Map<string, { events: string[]; state: string; consequence: string }>();
  for (const { state, event, next, effects } of listTransitions(machine)) {
    if (state === next && effects.length === 0) continue;
    const consequence = `${next} | ${effects.join(', ')}`;
    const row = rows.get(`${state} | ${consequence}`);
    if (row) row.events.push(event);
    else rows.set(`${state} | ${consequence}`, { state, events: [event], consequence });
  }
  const lines = [...rows.values()].map(({ state, events, consequence }) =>
    `| ${state} | ${events.join(', ')} | ${consequence} |`.replaceAll(/ {2,}/g, ' '),
  );
  return ['| state | event | next | effects |', '|---|---|---|---|', ...lines, ''].join('\n');
}

/** A name with what is true of it, in brackets: `draining (requests)`. What is false or undefined is left out. */
export function nameWith(name: string, ...marks: ReadonlyArray<string | false | undefined>): string {
  const set = marks.filter((mark) => mark !== false && mark !== undefined);
  return set.length === 0 ? name : `${name} (${set.join(', ')})`;
}

function isList<State>(states: readonly State[] | Readonly<Record<string, State>>): states is readonly State[] {
  return Array.isArray(states);
}
