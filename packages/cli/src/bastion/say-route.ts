// By which of several routes the bastion is reached, told to the person who runs the command.

import type { BastionLink } from '@fairlead/carrier';
import type { BastionRouteView } from '@fairlead/client';
import { describeRoute } from '@fairlead/client/session';

import type { Context } from '../context.ts';

/** For a short command: says something only where the first configured route was not taken. */
export function sayRoutes({ routes }: Pick<BastionLink, 'routes'>, context: Context): void {
  let isFirst = true;
  routes.add((taken) => {
    const route = describeRoute(taken);
    if (route && (route.number > 1 || route.refused.length > 0 || !isFirst)) sayRoute(route, context);
    isFirst = false;
  });
}

export function sayRoute(route: BastionRouteView, { output }: Context): void {
  output.event('route.taken', { ...route }, routeWords(route));
  for (const refused of route.refused)
    output.warn(`a route to the bastion leads elsewhere and is not used: ${refused}`);
}

export function routeWords({ name, number, of, why }: BastionRouteView): string {
  return `the bastion by ${name} (${why === '' ? `route ${number} of ${of}` : why})`;
}
