// The routes as data, and which of them the key guards. The server decides what a route does.

export type RouteName =
  | 'load'
  | 'version'
  | 'kv-event-sources'
  | 'health'
  | 'metrics'
  | 'models'
  | 'load-adapter'
  | 'unload-adapter'
  | 'tokenize'
  | 'detokenize'
  | 'invocations'
  | 'chat'
  | 'completion'
  | 'responses'
  | 'response'
  | 'messages'
  | 'count-tokens'
  | 'embeddings'
  | 'cohere-embed'
  | 'pooling'
  | 'classify'
  | 'score'
  | 'rerank'
  | 'transcription'
  | 'translation'
  | 'sim-fault'
  | 'sim-stats';

export interface ServedRoute {
  /** A segment in braces stands for any one segment. */
  path: string;
  methods: readonly string[];
  name: RouteName;
}

const adapterRoutes: readonly ServedRoute[] = [
  { path: '/v1/load_lora_adapter', methods: ['POST'], name: 'load-adapter' },
  { path: '/v1/unload_lora_adapter', methods: ['POST'], name: 'unload-adapter' },
];

const generateRoutes: readonly ServedRoute[] = [
  { path: '/v1/chat/completions', methods: ['POST'], name: 'chat' },
  { path: '/v1/responses', methods: ['POST'], name: 'responses' },
  { path: '/v1/responses/{response_id}', methods: ['GET'], name: 'response' },
  { path: '/v1/responses/{response_id}/cancel', methods: ['POST'], name: 'response' },
  { path: '/v1/completions', methods: ['POST'], name: 'completion' },
  { path: '/v1/messages', methods: ['POST'], name: 'messages' },
  { path: '/v1/messages/count_tokens', methods: ['POST'], name: 'count-tokens' },
];

const poolingRoutes: readonly ServedRoute[] = [{ path: '/pooling', methods: ['POST'], name: 'pooling' }];

const classifyRoutes: readonly ServedRoute[] = [{ path: '/classify', methods: ['POST'], name: 'classify' }];

const embeddingRoutes: readonly ServedRoute[] = [
  { path: '/v1/embeddings', methods: ['POST'], name: 'embeddings' },
  { path: '/v2/embed', methods: ['POST'], name: 'cohere-embed' },
];

const scoringRoutes: readonly ServedRoute[] = [
  { path: '/score', methods: ['POST'], name: 'score' },
  { path: '/v1/score', methods: ['POST'], name: 'score' },
  { path: '/rerank', methods: ['POST'], name: 'rerank' },
  { path: '/v1/rerank', methods: ['POST'], name: 'rerank' },
  { path: '/v2/rerank', methods: ['POST'], name: 'rerank' },
];

const speechRoutes: readonly ServedRoute[] = [
  { path: '/v1/audio/transcriptions', methods: ['POST'], name: 'transcription' },
  { path: '/v1/audio/translations', methods: ['POST'], name: 'translation' },
];

/** What the model can do. */
export interface Offer {
  generate: boolean;
  embed: boolean;
  /** How it compares texts: an embedding model has a vector of each, a cross-encoder reads two at once, and classifies one. */
  score: 'vectors' | 'pairs' | false;
  transcribe: boolean;
  /** VLLM_ALLOW_RUNTIME_LORA_UPDATING. */
  adapterUpdates: boolean;
}

/** In the order in which vLLM logs them. */
export function routesOf({ generate, embed, score, transcribe, adapterUpdates }: Offer): readonly ServedRoute[] {
  return [
    { path: '/load', methods: ['GET'], name: 'load' },
    { path: '/version', methods: ['GET'], name: 'version' },
    { path: '/kv_event_sources', methods: ['GET'], name: 'kv-event-sources' },
    { path: '/health', methods: ['GET'], name: 'health' },
    { path: '/metrics', methods: ['GET'], name: 'metrics' },
    ...(adapterUpdates ? adapterRoutes : []),
    { path: '/tokenize', methods: ['POST'], name: 'tokenize' },
    { path: '/detokenize', methods: ['POST'], name: 'detokenize' },
    { path: '/v1/models', methods: ['GET'], name: 'models' },
    { path: '/ping', methods: ['GET', 'POST'], name: 'health' },
    { path: '/invocations', methods: ['POST'], name: 'invocations' },
    ...(generate ? generateRoutes : []),
    ...(transcribe ? speechRoutes : []),
    ...(embed || score === 'pairs' ? poolingRoutes : []),
    ...(score === 'pairs' ? classifyRoutes : []),
    ...(embed ? embeddingRoutes : []),
    ...(score ? scoringRoutes : []),
  ];
}

/** These routes exist only with `--sim-admin`; no key guards them. */
export const adminRoutes: readonly ServedRoute[] = [
  { path: '/sim/fault', methods: ['POST', 'DELETE'], name: 'sim-fault' },
  { path: '/sim/stats', methods: ['GET'], name: 'sim-stats' },
];

export type RouteMatch =
  | { kind: 'route'; route: ServedRoute }
  | { kind: 'method-not-allowed'; allow: string }
  | { kind: 'not-found' };

export function matchRoute(routes: readonly ServedRoute[], method: string, path: string): RouteMatch {
  const there = routes.filter((route) => fits(route.path, path));
  const route = there.find(({ methods }) => methods.includes(method));
  if (route) return { kind: 'route', route };
  if (there.length === 0) return { kind: 'not-found' };
  return { kind: 'method-not-allowed', allow: there.flatMap(({ methods }) => methods).join(', ') };
}

function fits(pattern: string, path: string): boolean {
  if (!pattern.includes('{')) return pattern === path;
  const given = path.split('/');
  const segments = pattern.split('/');
  return (
    segments.length === given.length &&
    segments.every((segment, at) => (segment.startsWith('{') ? given[at] !== '' : segment === given[at]))
  );
}

const guardedPrefixes = ['/v1', '/v2', '/inference', '/cohere'];

/**
 * Whether vLLM asks for the key. It decides by the prefix of the decoded path, even if the path does not exist, and never asks for OPTIONS.
 * `/invocations` generates and is not guarded (measured.md, Keys and routes).
 */
export function isGuarded(method: string, path: string): boolean {
  return method !== 'OPTIONS' && guardedPrefixes.some((prefix) => path.startsWith(prefix));
}

/** The path of a request target (also of a whole URL), percent-decoded as an ASGI server does before it looks at it. */
export function decodePath(target: string): string {
  const [raw = '/'] = target.replace(/^https?:\/\/[^/?]*/i, '').split('?', 1);
  try {
    return decodeURIComponent(raw);
  } catch (error) {
    if (error instanceof URIError) return raw;
    throw error;
  }
}
