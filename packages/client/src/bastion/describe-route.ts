// The route to the bastion as callers see it. Pure.

import { describeAnswer, type RouteTaken, whyTaken, wrongRoutes } from '@fairlead/ssh';

/** By which of several routes the bastion is reached, and why by that one. */
export interface BastionRouteView {
  /** Such as `gate`, `gate:2222`, `gate through login`. */
  name: string;
  /** From 1, in the order of the configuration. */
  number: number;
  of: number;
  /** Why the routes before it were not taken; empty for the first. */
  why: string;
  /** Routes that lead to another host. They are never used; a person should look at them. */
  refused: string[];
}

/** Undefined where there is no choice. */
export function describeRoute(taken: RouteTaken | undefined): BastionRouteView | undefined {
  if (!taken || taken.count < 2) return undefined;
  const { name, index, count } = taken;
  return {
    name,
    number: index + 1,
    of: count,
    why: index === 0 ? '' : whyTaken(taken),
    refused: wrongRoutes(taken).map(describeAnswer),
  };
}
