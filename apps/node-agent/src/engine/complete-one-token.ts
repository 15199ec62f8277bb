// The only proof that an engine works: it answers the smallest request of what its model does. A chat model completes one token, an
// embedding model embeds one word, a reranker scores one pair, a speech model transcribes a moment of silence.

import { agentError } from '../agent-error.ts';
import type { EngineResponse, EngineClient } from './engine-client.ts';
import { silentForm } from './silent-form.ts';

/** In the order in which they are tried: a base model has no chat template and refuses chat; a pooling model has neither of the first two. */
const apis = ['chat', 'completions', 'embeddings', 'score', 'transcriptions'] as const;
type Api = (typeof apis)[number];

/** Remembers which API the model has. An engine that has none of them is refused with its answer to chat or completions. */
export function createOneTokenProbe(client: EngineClient, model: string): (signal: AbortSignal) => Promise<void> {
  let proven: Api | undefined;
  return async (signal) => {
    if (proven) {
      const answer = await ask(client, proven, { model, signal });
      if (!isProof(proven, answer)) throw refused(answer);
      return;
    }
    let generating: EngineResponse | undefined;
    for (const api of apis) {
      const answer = await ask(client, api, { model, signal });
      if (isProof(api, answer)) {
        proven = api;
        return;
      }
      if (api === 'chat' || api === 'completions') generating = answer;
      const isMissing = api === 'chat' ? [400, 404, 405].includes(answer.status) : lacksApi(answer);
      if (!isMissing) throw refused(answer);
    }
    if (generating) throw refused(generating);
  };
}

/** The route is not there, or the model does not serve it: vLLM before 0.11 has all routes and says so with 400. */
function lacksApi({ status, body }: EngineResponse): boolean {
  return status === 404 || status === 405 || (status === 400 && /does not support/i.test(body));
}

function ask(
  client: EngineClient,
  api: Api,
  { model, signal }: { model: string; signal: AbortSignal },
): Promise<EngineResponse> {
  const common = { model, max_tokens: 1, temperature: 0 };
  switch (api) {
    case 'chat':
      return client.post('/v1/chat/completions', { ...common, messages: [{ role: 'user', content: 'Hi' }] }, signal);
    case 'completions':
      return client.post('/v1/completions', { ...common, prompt: 'Hi' }, signal);
    case 'embeddings':
      return client.post('/v1/embeddings', { model, input: 'Hi' }, signal);
    case 'score':
      return client.post('/score', { model, text_1: 'Hi', text_2: 'Hi' }, signal);
    case 'transcriptions':
      return client.postForm('/v1/audio/transcriptions', silentForm(model), signal);
  }
}

function isProof(api: Api, { status, body }: EngineResponse): boolean {
  if (status !== 200) return false;
  const fields = fieldsOf(body);
  if (api === 'transcriptions') return typeof fields['text'] === 'string';
  const list = fields[api === 'chat' || api === 'completions' ? 'choices' : 'data'];
  return Array.isArray(list) && list.length > 0;
}

function fieldsOf(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

function refused(answer: EngineResponse): Error {
  return agentError(
    'engine_refused',
    `cannot get a completion because the engine refused: ${answer.status} ${answer.body.slice(0, 300)}`,
    { retryable: true },
  );
}
