import { duplexPair } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import { findEngineKind } from '@fairlead/engines';
import { createRouteTable, pickRoute } from '@fairlead/openai-wire';
import { testEngineKey, type FrontWorld, key, openFrontWorld } from '../testing/front-world.ts';
import { seededRandom, fuzzHead, fuzzSplit } from '@fairlead/openai-wire/testing';

const routeTable = createRouteTable(findEngineKind('vllm').routes);

let world: FrontWorld;
afterEach(() => world[Symbol.asyncDispose]());

/** Sends the request of the seed in random pieces, and no end; resolves with all that comes back. */
async function exchange(seed: number): Promise<string> {
  const [client, far] = duplexPair();
  world.front.accept(far);
  for (const piece of fuzzSplit(fuzzHead(seed, key), seededRandom(seed))) client.write(piece);
  const answer = await text(client);
  client.destroy();
  return answer;
}

test('an engine with a parser of its own finds one whole request in what the front lets through', async () => {
  const bodies: string[] = [];
  const keys = new Set<string | undefined>();
  world = await openFrontWorld({
    handler: (incoming, response) => {
      keys.add(incoming.headers.authorization);
      text(incoming).then(
        (body) => {
          bodies.push(body);
          response.end(incoming.url === '/v1/models' ? '{"data":[],"as":"served"}' : 'served');
        },
        // The front has let go: the body was not acceptable, or did not come.
        () => response.destroy(),
      );
    },
    limits: { headMs: 300, bodyIdleMs: 300, lingerMs: 300 },
  });
  const odd: string[] = [];
  for (let first = 1; first <= 4_000; first += 250) {
    const seeds = Array.from({ length: 250 }, (_, at) => first + at);
    const answers = await Promise.all(seeds.map(exchange));
    for (const [at, answer] of answers.entries()) {
      // The answer to HEAD has no content.
      const ours = /^HTTP\/1\.1 4\d\d [^]*("param":(?:null|"model")|\r\n\r\n$)/.test(answer);
      if (!ours && !answer.includes('served')) odd.push(`seed ${seeds[at]}: ${answer}`);
    }
  }
  expect(odd).toEqual([]);
  await world.front.idle();
  expect(world.parseErrors).toEqual([]);
  expect([...keys]).toEqual([`Bearer ${testEngineKey}`]);
  expect(bodies.length).toBeGreaterThan(100);
  expect(world.front.stats.outcomes.completed).toBe(bodies.length);
  for (const line of new Set(world.seen)) {
    const [method = '', target = ''] = line.split(' ');
    expect(pickRoute(routeTable, method, target.replace(/\?.*/, '')), line).toMatchObject({ ok: true });
  }
  // The five bytes of a length, or the content of the chunk; never what lies behind.
  expect(new Set(bodies)).toEqual(new Set(['', 'hello', '5\r\nhe', 'GET /']));
});
