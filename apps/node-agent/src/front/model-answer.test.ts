import { afterEach, describe, expect, test } from 'vitest';
import { type FrontWorld, openFrontWorld } from '../testing/front-world.ts';

let world: FrontWorld;
afterEach(() => world[Symbol.asyncDispose]());

const card = { id: 'Qwen/Qwen3-8B', object: 'model', owned_by: 'vllm', max_model_len: 4096 };

/** An engine as vLLM is: it lists its models, and has no route for one of them. */
async function openWithModels(list: unknown = { object: 'list', data: [card, { id: 'tiny' }] }): Promise<void> {
  world = await openFrontWorld({
    handler: (incoming, response) => {
      if (incoming.url !== '/v1/models') response.statusCode = 404;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(list));
    },
  });
}

describe('GET /v1/models/<name>', () => {
  test.each(['/v1/models/Qwen/Qwen3-8B', '/v1/models/Qwen%2FQwen3-8B', '/v1/models/Qwen%2fQwen3-8B?a=b'])(
    '%s gives the model, and the engine sees its own list alone',
    async (path) => {
      await openWithModels();
      const answer = await world.fetch('GET', path);
      expect(answer.status).toBe(200);
      expect(JSON.parse(answer.body)).toEqual(card);
      expect(world.seen).toEqual(['GET /v1/models']);
      await world.front.idle();
      expect(world.front.stats.outcomes.completed).toBe(1);
    },
  );

  test('of a model that is not served is 404 with the names that are', async () => {
    await openWithModels();
    const answer = await world.fetch('GET', '/v1/models/%2e%2e/load');
    expect(answer.status).toBe(404);
    expect(JSON.parse(answer.body).error).toEqual({
      message: 'The model `../load` does not exist. Valid aliases: Qwen/Qwen3-8B, tiny.',
      type: 'NotFoundError',
      param: 'model',
      code: 404,
    });
    expect(world.seen).toEqual(['GET /v1/models']);
  });

  test('with an escape that is no UTF-8 is refused', async () => {
    await openWithModels();
    expect((await world.fetch('GET', '/v1/models/%ff')).status).toBe(400);
    expect(world.seen).toEqual([]);
  });

  test('with a body sends nothing of it to the engine', async () => {
    await openWithModels();
    const body = 'GET /invocations HTTP/1.1\r\n\r\n';
    const answer = await world.fetch('GET', '/v1/models/tiny', { body });
    expect(JSON.parse(answer.body)).toEqual({ id: 'tiny' });
    expect(world.seen).toEqual(['GET /v1/models']);
  });

  test.each([
    ['no list', {}],
    ['more than a list may have', { data: [{ id: 'x'.repeat(2 << 20) }] }],
  ])('before an engine that answers %s is 502', async (_name, list) => {
    await openWithModels(list);
    expect((await world.fetch('GET', '/v1/models/tiny')).status).toBe(502);
  });

  test("before an engine that fails is the engine's own answer", async () => {
    world = await openFrontWorld({ handler: (_, response) => void response.writeHead(500).end('broken') });
    expect(await world.fetch('GET', '/v1/models/tiny')).toMatchObject({ status: 500, body: 'broken' });
  });
});
