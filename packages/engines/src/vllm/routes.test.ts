import { createRouteTable, pickRoute } from '@fairlead/openai-wire';
import { describe, expect, it } from 'vitest';
import { vllmRoutes } from './routes.ts';

const table = createRouteTable(vllmRoutes);

describe('the routes of a vLLM', () => {
  it.each(vllmRoutes)('let $method $path through', (route) => {
    expect(pickRoute(table, route.method, route.path.replace(/\{\w+\}/, 'resp_1'))).toEqual({ ok: true, route });
  });

  // From vLLM 0.32's own list.
  it.each([
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
  ])('keep %s %s out', (method, path) => {
    expect(pickRoute(table, method, path)).toMatchObject({ ok: false });
  });
});
