// Routes in words: the name of a route, its answer, why it was taken. Pure.

import type { RouteFailure, RouteStatus } from './route-race.ts';

/** The answer of one route at the end of the race. */
export interface RouteAnswer {
  name: string;
  outcome: 'taken' | 'answered' | 'silent' | 'failed';
  failure?: RouteFailure;
}

export interface RouteTaken {
  name: string;
  /** From 0, in the given order. */
  index: number;
  count: number;
  answers: readonly RouteAnswer[];
}

/** `gate:2222 through login`: the name of a route in events, in `status` and in the memory. */
export function routeName({
  host,
  port,
  jump,
}: {
  host: string;
  port?: number | undefined;
  jump?: string | undefined;
}) {
  const at = port === undefined || port === 22 ? host : `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return jump === undefined || jump === 'none' ? at : `${at} through ${jump}`;
}

export function answersOf(names: readonly string[], routes: readonly RouteStatus[], taken?: number): RouteAnswer[] {
  return routes.map((route, index) => {
    const name = names[index] ?? '';
    if (index === taken) return { name, outcome: 'taken' };
    if (route.kind === 'failed') return { name, outcome: 'failed', failure: route.failure };
    return { name, outcome: route.kind === 'asked' ? 'silent' : 'answered' };
  });
}

/** `route 2 of 3: gate did not answer in time`. Empty if there is only one route. */
export function whyTaken({ index, count, answers }: RouteTaken): string {
  if (count < 2) return '';
  const better = answers.slice(0, index).map(describeAnswer);
  return `route ${index + 1} of ${count}${better.length > 0 ? `: ${better.join('; ')}` : ''}`;
}

/** The routes that lead to another host. */
export function wrongRoutes({ answers }: Pick<RouteTaken, 'answers'>): Array<RouteAnswer & { failure: RouteFailure }> {
  return answers.filter(
    (answer): answer is RouteAnswer & { failure: RouteFailure } => answer.failure?.leadsElsewhere === true,
  );
}

export function describeAnswer({ name, outcome, failure }: RouteAnswer): string {
  if (failure?.leadsElsewhere) return `${name} was refused: ${failure.message}`;
  if (failure) return `${name} failed: ${failure.message}`;
  if (outcome === 'silent') return `${name} did not answer in time`;
  return outcome === 'taken' ? `${name} was taken` : `${name} answered`;
}
