// Decides which of several routes to one host is taken. All are asked at once; the first in the given order that proves
// to lead to the host wins; better routes that are silent delay it only for a moment. Pure; open-first-route.ts performs it.

import { go, stay, type Step } from '@fairlead/kit';

export interface RouteFailure {
  code: string;
  message: string;
  hint?: string;
  /** It leads to another host. It is never taken; the user should look at it. */
  leadsElsewhere?: true;
}

/** `answered`: the host showed a key that is accepted, and nothing of the user's was sent yet. */
export type RouteStatus = { kind: 'asked' } | { kind: 'answered' } | { kind: 'failed'; failure: RouteFailure };

interface Race {
  routes: readonly RouteStatus[];
  /** Index of the route that was taken last. */
  preferred: number | undefined;
  /** The wait for better routes after another one has answered. */
  grace: 'not-begun' | 'running' | 'over';
}

export type RaceState =
  | ({ status: 'asking' } & Race)
  | ({ status: 'proving'; index: number } & Race)
  | ({ status: 'taken'; index: number } & Race)
  | ({ status: 'failed' } & Race);

export type RaceEvent =
  | { type: 'route.answered'; index: number }
  /** `isFinal`: no other route must be tried, because it would fail alike (a refused login). Counts only while this route is being proven. */
  | { type: 'route.failed'; index: number; failure: RouteFailure; isFinal: boolean }
  | { type: 'route.proven'; index: number }
  | { type: 'grace.over' };

export type RaceEffect =
  | { type: 'grace.begin'; ms: number }
  /** Log in and check that it is the right host. One route at a time. */
  | { type: 'prove'; index: number }
  | { type: 'take'; index: number }
  /** `last`: the route that failed last; `isFinal`: report its failure alone. */
  | { type: 'give_up'; last: number; isFinal: boolean };

export type RaceTransition = Step<RaceState, RaceEffect>;

/** The delay that a black-holed better route causes. An answer takes four round trips; a round trip of more than 250 ms is rare. */
export const graceMs = 1_000;
/** The same delay if the route that was taken last answers again: the better ones were silent then. */
export const rememberedGraceMs = 300;

export function startRace(count: number, preferred?: number): RaceState {
  const routes = Array.from({ length: count }, (): RouteStatus => ({ kind: 'asked' }));
  return { status: 'asking', routes, preferred, grace: 'not-begun' };
}

export function raceTransition(state: RaceState, event: RaceEvent): RaceTransition {
  if (state.status === 'taken' || state.status === 'failed') return stay(state);
  switch (event.type) {
    case 'route.answered':
      if (state.routes[event.index]?.kind !== 'asked') return stay(state);
      return next(withRoute(state, event.index, { kind: 'answered' }));
    case 'route.failed':
      return fail(state, event);
    case 'grace.over':
      return next({ ...state, grace: 'over' });
    case 'route.proven':
      if (state.status !== 'proving' || state.index !== event.index) return stay(state);
      return go({ ...state, status: 'taken' }, { type: 'take', index: event.index });
  }
}

type Open = Extract<RaceState, { status: 'asking' | 'proving' }>;

function fail(state: Open, event: Extract<RaceEvent, { type: 'route.failed' }>): RaceTransition {
  const { index, failure, isFinal } = event;
  if (state.routes[index]?.kind === 'failed') return stay(state);
  const noted = withRoute(state, index, { kind: 'failed', failure });
  if (noted.status === 'asking' || noted.index !== index) return next(noted, index);
  if (isFinal) return giveUp(noted, { last: index, isFinal });
  return next({ ...raceOf(noted), status: 'asking' }, index);
}

/** Does not interrupt a proof when a better route answers meanwhile. */
function next(state: Open, failed = -1): RaceTransition {
  if (state.status === 'proving') return stay(state);
  const { routes } = state;
  const best = routes.findIndex(({ kind }) => kind === 'answered');
  const asked = routes.findIndex(({ kind }) => kind === 'asked');
  if (best === -1) return asked === -1 ? giveUp(state, { last: failed, isFinal: false }) : stay(state);
  if (asked === -1 || asked > best || state.grace === 'over')
    return go({ ...state, status: 'proving', index: best }, { type: 'prove', index: best });
  if (state.grace === 'running') return stay(state);
  const ms = best === state.preferred ? rememberedGraceMs : graceMs;
  return go({ ...state, grace: 'running' }, { type: 'grace.begin', ms });
}

function giveUp(state: Open, end: { last: number; isFinal: boolean }): RaceTransition {
  return go({ ...raceOf(state), status: 'failed' }, { type: 'give_up', ...end });
}

function withRoute(state: Open, index: number, status: RouteStatus): Open {
  return { ...state, routes: state.routes.with(index, status) };
}

function raceOf({ routes, preferred, grace }: Race): Race {
  return { routes, preferred, grace };
}
