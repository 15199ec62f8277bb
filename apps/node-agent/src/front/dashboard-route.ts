// The requests that go to a page beside the engine, such as Ray's dashboard: all below one path, in every phase. They count for nothing
// in flight, and are in no log of requests.

import type { ApiRoute } from '@fairlead/openai-wire';
import type { EngineAddress } from '../engine/engine-address.ts';
import { metricsRoute } from './metrics-route.ts';

/** `path` is the place below which all paths and methods are the page's own. */
export const dashboardRoute: ApiRoute = { method: 'GET', path: '/fairlead/dashboard' };

export interface DashboardPlace {
  address: EngineAddress;
  /** What every head to it ends with; see `engineFields`. */
  lines: Buffer;
}

/** What the page is asked for, without the part of the path that leads to it. Undefined for another target. */
export function dashboardTarget(target: string): string | undefined {
  const { path } = dashboardRoute;
  if (!target.startsWith(path)) return undefined;
  const rest = target.slice(path.length);
  if (rest === '' || rest.startsWith('?')) return `/${rest}`;
  return rest.startsWith('/') ? rest : undefined;
}

/** Whether a request is for a page of the agent or of the engine's companion, and none of a consumer. */
export function isPageRoute(route: ApiRoute | undefined): boolean {
  return route === metricsRoute || route === dashboardRoute;
}
