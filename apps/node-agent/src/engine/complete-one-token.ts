// The only proof that an engine works: it answers a completion of one token.

import { agentError } from '../agent-error.ts';
import type { EngineResponse, EngineClient } from './engine-client.ts';

type Api = 'chat' | 'completions';

/** Remembers which API the model has: a base model has no chat template and refuses chat. */
export function createOneTokenProbe(client: EngineClient, model: string): (signal: AbortSignal) => Promise<void> {
  let proven: Api | undefined;
  return async (signal) => {
    for (const api of proven ? [proven] : (['chat', 'completions'] as const)) {
      const answer = await ask(client, api, model, signal);
      if (answer.status === 200 && hasChoice(answer.body)) {
        proven = api;
        return;
      }
      const lacksApi = answer.status === 400 || answer.status === 404 || answer.status === 405;
      if (proven || api === 'completions' || !lacksApi) throw refused(answer);
    }
  };
}

function ask(client: EngineClient, api: Api, model: string, signal: AbortSignal): Promise<EngineResponse> {
  const common = { model, max_tokens: 1, temperature: 0 };
  return api === 'chat'
    ? client.post('/v1/chat/completions', { ...common, messages: [{ role: 'user', content: 'Hi' }] }, signal)
    : client.post('/v1/completions', { ...common, prompt: 'Hi' }, signal);
}

function hasChoice(body: string): boolean {
  try {
    const value: unknown = JSON.parse(body);
    return (
      typeof value === 'object' &&
      value !== null &&
      'choices' in value &&
      Array.isArray(value.choices) &&
      value.choices.length > 0
    );
  } catch (error) {
    if (error instanceof SyntaxError) return false;
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
