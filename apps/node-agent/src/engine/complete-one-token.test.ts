import { describe, expect, it } from 'vitest';

import { createOneTokenProbe } from './complete-one-token.ts';
import type { EngineClient, EngineResponse } from './engine-client.ts';

const { signal } = new AbortController();
const missing = { status: 404, body: '{"detail":"Not Found"}' };

/** An engine with these routes; every other one is missing. */
function engineWith(routes: Record<string, EngineResponse>) {
  const asked: string[] = [];
  const answer = async (path: string) => {
    asked.push(path);
    return routes[path] ?? missing;
  };
  const client: EngineClient = {
    get: answer,
    getWithoutKey: answer,
    post: answer,
    postForm: async (path, { contentType, bytes }) => {
      const form = await new Response(new Uint8Array(bytes), { headers: { 'content-type': contentType } }).formData();
      expect(form.get('model')).toBe('m');
      expect(form.get('file')).toMatchObject({ name: 'silence.wav', size: 32_044 });
      return answer(path);
    },
  };
  return { asked, probe: createOneTokenProbe(client, 'm') };
}

const ok = (body: object) => ({ status: 200, body: JSON.stringify(body) });

describe('The proof that an engine works', () => {
  it.each([
    ['a chat model', '/v1/chat/completions', { choices: [{}] }],
    ['a base model', '/v1/completions', { choices: [{}] }],
    ['an embedding model', '/v1/embeddings', { data: [{}] }],
    ['a reranker', '/score', { data: [{ score: 1 }] }],
    ['a speech model', '/v1/audio/transcriptions', { text: '' }],
  ])('of %s is its answer to %s, which alone is asked from then on', async (_, path, body) => {
    const { asked, probe } = engineWith({ [path]: ok(body) });
    await probe(signal);
    expect(asked.at(-1)).toBe(path);
    const before = asked.length;
    await probe(signal);
    expect(asked.slice(before)).toEqual([path]);
  });

  it('of an old vLLM goes on where the model does not support an API', async () => {
    const unsupported = { status: 400, body: '{"message":"The model does not support Completions API"}' };
    const { probe } = engineWith({
      '/v1/chat/completions': unsupported,
      '/v1/completions': unsupported,
      '/v1/embeddings': ok({ data: [{}] }),
    });
    await expect(probe(signal)).resolves.toBeUndefined();
  });

  it.each([
    ['a completion that fails', { '/v1/completions': { status: 400, body: 'too long' } }, /400 too long/],
    ['an engine that is not well', { '/v1/chat/completions': { status: 500, body: 'dead' } }, /500 dead/],
    ['an answer without a choice', { '/v1/chat/completions': ok({ choices: [] }) }, /200 /],
    ['an answer that is no JSON', { '/v1/chat/completions': { status: 200, body: '<html>' } }, /200 <html>/],
    ['an engine without any of these routes', {}, /404 .*Not Found/],
  ])('is refused for %s', async (_, routes, message) => {
    await expect(engineWith(routes).probe(signal)).rejects.toThrow(message);
  });
});
