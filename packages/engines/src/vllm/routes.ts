// The routes of a vLLM that clients may use. All others are closed to clients: `/invocations` (generates without a key),
// LoRA loading, scaling, profiling, documentation, `/render`, WebSocket upgrades.
// `/metrics` is not among them: the agent answers it, with the engine's page in its own.
// Source: vLLM 0.32's own list (35 routes).

import { openAiRoutes, type ApiRoute } from '@fairlead/openai-wire';

export const vllmRoutes: readonly ApiRoute[] = [
  ...openAiRoutes,
  { method: 'POST', path: '/v2/embed' },
  { method: 'POST', path: '/pooling' },
  { method: 'POST', path: '/classify' },
  { method: 'POST', path: '/score' },
  { method: 'POST', path: '/v1/score' },
  { method: 'POST', path: '/rerank' },
  { method: 'POST', path: '/v1/rerank' },
  { method: 'POST', path: '/v2/rerank' },
  { method: 'POST', path: '/tokenize' },
  { method: 'POST', path: '/detokenize' },
  { method: 'GET', path: '/version' },
  { method: 'GET', path: '/load' },
];
