// What servers that speak OpenAI's API offer, and Anthropic's Messages. Data. Sources: both APIs' references.

import type { ApiRoute } from './routes.ts';

export const openAiRoutes: readonly ApiRoute[] = [
  { method: 'POST', path: '/v1/chat/completions' },
  { method: 'POST', path: '/v1/completions' },
  { method: 'POST', path: '/v1/responses' },
  { method: 'GET', path: '/v1/responses/{id}' },
  { method: 'POST', path: '/v1/responses/{id}/cancel' },
  { method: 'POST', path: '/v1/messages' },
  { method: 'POST', path: '/v1/messages/count_tokens' },
  { method: 'POST', path: '/v1/embeddings' },
  { method: 'POST', path: '/v1/audio/transcriptions' },
  { method: 'POST', path: '/v1/audio/translations' },
  { method: 'GET', path: '/v1/models' },
  { method: 'GET', path: '/health' },
];
