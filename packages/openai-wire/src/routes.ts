// Which requests pass a front: those that an engine offers to its consumers. Everything else stays on its node. Pure.

export interface ApiRoute {
  method: 'GET' | 'POST';
  /** A segment in braces stands for any one segment; that of `modelRoute` for one or more. */
  path: string;
}

export const modelPathPrefix = '/v1/models/';

/**
 * Answered by the front from the engine's list: vLLM has no such route, and most names of models hold a slash. See `ModelAnswer`.
 * The segment in braces stands for one or more.
 */
export const modelRoute: ApiRoute = { method: 'GET', path: `${modelPathPrefix}{model}` };

export type RoutePick = { ok: true; route: ApiRoute } | { ok: false; otherMethods: ApiRoute['method'][] };

export interface RouteTable {
  exact: ReadonlyMap<string, ApiRoute>;
  patterns: readonly { route: ApiRoute; segments: readonly string[] }[];
}

/** HEAD and OPTIONS are no routes: vLLM answers OPTIONS without a key on every path, and HEAD with 405. */
export function createRouteTable(routes: readonly ApiRoute[]): RouteTable {
  return {
    exact: new Map(
      routes
        .filter((route) => !route.path.includes('{'))
        .map((route) => [keyOf(route.method, route.path), route] as const),
    ),
    patterns: routes
      .filter((route) => route.path.includes('{'))
      .map((route) => ({ route, segments: route.path.split('/') })),
  };
}

/** `path` comes from the front's parser: it has no dot segments, and escapes only after `/v1/models/`. Case, empty segments and a last slash matter. */
export function pickRoute(table: RouteTable, method: string, path: string): RoutePick {
  const route = findRoute(table, method, path);
  if (route) return { ok: true, route };
  const methods: ApiRoute['method'][] = ['GET', 'POST'];
  return { ok: false, otherMethods: methods.filter((other) => findRoute(table, other, path)) };
}

/** The model that a path of `modelRoute` names; undefined where its escapes are no UTF-8. */
export function modelOf(path: string): string | undefined {
  try {
    return decodeURIComponent(path.slice(modelPathPrefix.length));
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

function findRoute(table: RouteTable, method: string, path: string): ApiRoute | undefined {
  return table.exact.get(keyOf(method, path)) ?? matchPattern(table, method, path);
}

function isModelPath(path: string): boolean {
  return path.startsWith(modelPathPrefix) && !path.endsWith('/') && !path.includes('//');
}

function matchPattern({ patterns }: RouteTable, method: string, path: string): ApiRoute | undefined {
  if (isModelPath(path)) return method === modelRoute.method ? modelRoute : undefined;
  const given = path.split('/');
  const matches = (segments: readonly string[]) =>
    segments.length === given.length &&
    segments.every((segment, at) => (segment.startsWith('{') ? given[at] !== '' : segment === given[at]));
  return patterns.find(({ route, segments }) => route.method === method && matches(segments))?.route;
}

function keyOf(method: string, path: string): string {
  return `${method} ${path}`;
}
