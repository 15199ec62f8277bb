import { describe, expect, test } from 'vitest';
import { openAiRoutes } from './openai-routes.ts';
import { createRouteTable, modelRoute, modelOf, pickRoute as pick, type ApiRoute } from './routes.ts';

const table = createRouteTable(openAiRoutes);
const pickRoute = (method: string, path: string) => pick(table, method, path);

describe('pickRoute', () => {
  test.each<ApiRoute>([...openAiRoutes, modelRoute])('lets $method $path through', (route) => {
    expect(pickRoute(route.method, route.path.replace(/\{\w+\}/, 'resp_1'))).toEqual({ ok: true, route });
  });

  test('lets through what the OpenAI and Anthropic clients call', () => {
    const called = ['chat/completions', 'completions', 'responses', 'messages', 'messages/count_tokens', 'embeddings'];
    for (const path of called) expect(pickRoute('POST', `/v1/${path}`).ok, path).toBe(true);
    expect([pickRoute('GET', '/v1/models').ok, pickRoute('POST', '/tokenize').ok]).toEqual([true, false]);
  });

  test.each([
    ['POST', '/invocations'],
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
    expect(pickRoute('GET', path)).toEqual({ ok: true, route: modelRoute });
    expect(modelOf(path)).toBe(model);
  });
});
