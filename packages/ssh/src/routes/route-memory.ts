// What one race remembers about the routes for the next race to the same host, by their names. In memory; the owner may store `taken`.

import type { RouteFailure } from './route-race.ts';

export interface RouteMemory {
  /** The name of the route that was taken last. */
  taken: string | undefined;
  /** Routes whose jump host refused a login. They are not asked until `untilMs`, because servers count refused logins. */
  readonly denied: Map<string, { untilMs: number; failure: RouteFailure }>;
}

export function createRouteMemory(taken?: string): RouteMemory {
  return { taken, denied: new Map() };
}

/** The failure of a route that must not be asked yet; undefined if it may be asked. */
export function stillDenied(memory: RouteMemory, name: string, nowMs: number): RouteFailure | undefined {
  const denied = memory.denied.get(name);
  return denied && denied.untilMs > nowMs ? denied.failure : undefined;
}
