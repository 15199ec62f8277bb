// Opens the bastion by the first of its configured routes that serves; what the others answered comes with it.

import type { SshRoute } from '@fairlead/protocol';
import {
  createRouteMemory,
  openFirstRoute,
  type Route,
  routeName,
  type RouteTaken,
  type SshConnection,
  type SshTarget,
} from '@fairlead/ssh';

import { launchRun } from '../launch/launch-run.ts';
import type { Context } from '../context.ts';
import { resolveRoute } from '@fairlead/launch/login';

export interface RoutesAsked {
  /** The only host keys that are believed; absent: what known_hosts says of each name. */
  pinned?: readonly string[] | undefined;
}

/** The system's ssh and ours, the terminal and the agent: as for every other login. */
export function routesFor(list: readonly SshRoute[], context: Context, { pinned }: RoutesAsked = {}): Route[] {
  return list.map((route) => ({
    name: nameOf(route),
    target: async () => {
      const target = await resolveRoute(route, launchRun(context));
      return pinned ? { ...target, hostKeys: { kind: 'pinned', keys: [...pinned] } } : target;
    },
  }));
}

export function nameOf(route: SshRoute): string {
  return routeName({ ...route, jump: route.proxyJump });
}

export interface OpenedRoute {
  /** The caller closes it. */
  connection: SshConnection;
  target: SshTarget;
  route: SshRoute;
  taken: RouteTaken;
}

/** Nothing is remembered of one call for the next: it is for commands that set up, look or take down. */
export async function openRoutes(
  list: readonly SshRoute[],
  context: Context,
  asked: RoutesAsked = {},
): Promise<OpenedRoute> {
  const routes = routesFor(list, context, asked);
  context.output.busy(`connecting to ${routes.map(({ name }) => name).join(' or ')}`);
  const { connection, taken } = await openFirstRoute({
    routes,
    memory: createRouteMemory(),
    deniedMs: 0,
    prove: async () => undefined,
    signal: context.signal,
    log: context.log,
  });
  return { connection, target: await routes[taken.index]!.target(), route: list[taken.index]!, taken };
}
