// The routes that the front lets through, as data. Everything else the engine offers stays on the node: `/invocations`
// (generates without a key), LoRA loading, scaling, profiling, documentation, `/render`, WebSocket upgrades.

export type Method = 'GET' | 'POST';

export interface Route {
  method: Method;
  /** A segment in braces stands for any one segment; that of `MODEL_ROUTE` for one or more. */
  path: string;
}

export const MODEL_PATH_PREFIX = '/v1/models/';

/** Answered by the front from the engine's list: vLLM has no such route, and most names of models hold a slash. See `ModelAnswer`. */
export const MODEL_ROUTE: Route = { method: 'GET', path: `${MODEL_PATH_PREFIX}{model}` };

/**
 * HEAD and OPTIONS are no routes: the engine answers OPTIONS without a key on every path, and HEAD with 405.
 * Sources: vLLM 0.32's own list (35 routes), OpenAI's API, Anthropic's Messages.
 */
export const ROUTES: readonly Route[] = [
  { method: 'POST', path: '/v1/chat/completions' },
  { method: 'POST', path: '/v1/completions' },
  { method: 'POST', path: '/v1/responses' },
  { method: 'GET', path: '/v1/responses/{id}' },
  { method: 'POST', path: '/v1/responses/{id}/cancel' },
  { method: 'POST', path: '/v1/messages' },
  { method: 'POST', path: '/v1/messages/count_tokens' },
  { method: 'POST', path: '/v1/embeddings' },
  { method: 'POST', path: '/v2/embed' },
  { method: 'POST', path: '/pooling' },
  { method: 'POST', path: '/classify' },
  { method: 'POST', path: '/score' },
  { method: 'POST', path: '/v1/score' },
  { method: 'POST', path: '/rerank' },
  { method: 'POST', path: '/v1/rerank' },
  { method: 'POST', path: '/v2/rerank' },
  { method: 'POST', path: '/v1/audio/transcriptions' },
  { method: 'POST', path: '/v1/audio/translations' },
  { method: 'POST', path: '/tokenize' },
  { method: 'POST', path: '/detokenize' },
  { method: 'GET', path: '/v1/models' },
  MODEL_ROUTE,
  { method: 'GET', path: '/health' },
  { method: 'GET', path: '/version' },
  { method: 'GET', path: '/metrics' },
  { method: 'GET', path: '/load' },
];

export type RoutePick = { ok: true; route: Route } | { ok: false; otherMethods: Method[] };

const EXACT = new Map(
  ROUTES.filter((route) => !route.path.includes('{')).map((route) => [keyOf(route.method, route.path), route]),
);
const PATTERNS = ROUTES.filter((route) => route !== MODEL_ROUTE && route.path.includes('{')).map((route) => ({
  route,
  segments: route.path.split('/'),
}));

/** `path` is as the parser lets it through: no dot segments, and escapes behind `/v1/models/` alone. Case, empty segments and a last slash matter. */
export function pickRoute(method: string, path: string): RoutePick {
  const route = EXACT.get(keyOf(method, path)) ?? matchPattern(method, path);
  if (route) return { ok: true, route };
  const methods: Method[] = ['GET', 'POST'];
  return {
    ok: false,
    otherMethods: methods.filter((other) => EXACT.has(keyOf(other, path)) || matchPattern(other, path)),
  };
}

/** The model that a path of `MODEL_ROUTE` names; undefined where its escapes are no UTF-8. */
export function modelOf(path: string): string | undefined {
  try {
    return decodeURIComponent(path.slice(MODEL_PATH_PREFIX.length));
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

function isModelPath(path: string): boolean {
  return path.startsWith(MODEL_PATH_PREFIX) && !path.endsWith('/') && !path.includes('//');
}

function matchPattern(method: string, path: string): Route | undefined {
  if (isModelPath(path)) return method === MODEL_ROUTE.method ? MODEL_ROUTE : undefined;
  const given = path.split('/');
  const matches = (segments: string[]) =>
    segments.length === given.length &&
    segments.every((segment, at) => (segment.startsWith('{') ? given[at] !== '' : segment === given[at]));
  return PATTERNS.find(({ route, segments }) => route.method === method && matches(segments))?.route;
}

function keyOf(method: string, path: string): string {
  return `${method} ${path}`;
}
