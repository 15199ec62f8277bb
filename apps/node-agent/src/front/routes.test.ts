import { describe, expect, test } from 'vitest';
import { MODEL_ROUTE, modelOf, pickRoute, ROUTES } from './routes.ts';

describe('pickRoute', () => {
  test.each(ROUTES)('lets $method $path through', (route) => {
    expect(pickRoute(route.method, route.path.replace(/\{\w+\}/, 'resp_1'))).toEqual({ ok: true, route });
  });

  test('lets through what the OpenAI and Anthropic clients call', () => {
    const called = ['chat/completions', 'completions', 'responses', 'messages', 'messages/count_tokens', 'embeddings'];
    for (const path of called) expect(pickRoute('POST', `/v1/${path}`).ok, path).toBe(true);
    expect([pickRoute('GET', '/v1/models').ok, pickRoute('POST', '/tokenize').ok]).toEqual([true, true]);
  });

  // From vLLM 0.32's own list, and what a client may try.
  test.each([
    ['POST', '/invocations'],
    ['GET', '/ping'],
    ['POST', '/v1/load_lora_adapter'],
    ['POST', '/v1/unload_lora_adapter'],
    ['POST', '/scale_elastic_ep'],
    ['POST', '/generative_scoring'],
    ['POST', '/inference/v1/generate'],
    ['POST', '/v1/chat/completions/render'],
    ['POST', '/v1/messages/render'],
    ['POST', '/v1/responses/render/cancel/x'],
    ['POST', '/collective_rpc'],
    ['POST', '/sleep'],
    ['POST', '/reset_prefix_cache'],
    ['POST', '/start_profile'],
    ['GET', '/server_info'],
    ['GET', '/docs'],
    ['GET', '/redoc'],
    ['GET', '/openapi.json'],
    ['GET', '/tokenizer_info'],
    ['GET', '/v1/realtime'],
    ['GET', '/'],
    ['POST', '/v1/chat/completions/'],
    ['POST', '/V1/chat/completions'],
    ['post', '/v1/chat/completions'],
    ['OPTIONS', '/v1/chat/completions'],
    ['HEAD', '/v1/models'],
    ['DELETE', '/v1/responses/resp_1'],
    ['GET', '/v1/responses/'],
    ['GET', '//v1/models'],
    ['GET', '/v1//models'],
    ['GET', '/v1/models//a'],
    ['GET', '/v1/models/a//b'],
    ['GET', '/v1/models/a/'],
    ['GET', '/v1/models/'],
    ['POST', '/v1/models/a/b'],
    ['DELETE', '/v1/models/a'],
    ['GET', '/v1/responses/a%2Fb/c'],
    ['POST', '//invocations'],
    ['GET', '/v1/responses/{id}/cancel/x'],
  ])('keeps %s %s out', (method, path) => {
    expect(pickRoute(method, path)).toMatchObject({ ok: false });
  });

  test('names the method that a path takes', () => {
    expect(pickRoute('GET', '/v1/chat/completions')).toEqual({ ok: false, otherMethods: ['POST'] });
    expect(pickRoute('POST', '/v1/responses/resp_1')).toEqual({ ok: false, otherMethods: ['GET'] });
    expect(pickRoute('GET', '/invocations')).toEqual({ ok: false, otherMethods: [] });
  });

  test.each([
    ['/v1/models/tiny', 'tiny'],
    ['/v1/models/Qwen/Qwen3-8B', 'Qwen/Qwen3-8B'],
    ['/v1/models/Qwen%2FQwen3-8B', 'Qwen/Qwen3-8B'],
    ['/v1/models/a%252Fb', 'a%2Fb'],
    ['/v1/models/%2e%2e/load', '../load'],
    ['/v1/models/%ff', undefined],
    ['/v1/models/%zz', undefined],
  ])('takes %s for the model %s', (path, model) => {
    expect(pickRoute('GET', path)).toEqual({ ok: true, route: MODEL_ROUTE });
    expect(modelOf(path)).toBe(model);
  });
});
