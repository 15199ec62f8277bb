// What is remembered of routes between two races for the same host, by their names. In memory; its owner may keep `taken` longer.

import type { RouteFailure } from './route-race.ts';

export interface RouteMemory {
  /** The route that was taken last. */
  taken: string | undefined;
  /** Routes whose jump host refused a login: not asked until `untilMs`, since a server counts refusals. */
  readonly denied: Map<string, { untilMs: number; failure: RouteFailure }>;
}

export function createRouteMemory(taken?: string): RouteMemory {
  return { taken, denied: new Map() };
}

/** Undefined where the route may be asked. */
export function stillDenied(memory: RouteMemory, name: string, nowMs: number): RouteFailure | undefined {
  const denied = memory.denied.get(name);
  return denied && denied.untilMs > nowMs ? denied.failure : undefined;
}
