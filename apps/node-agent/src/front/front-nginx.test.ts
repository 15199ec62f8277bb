// A stream through nginx with its defaults but for its patience, which is a minute: HTTP/1.0 to what is behind it, and answers held back.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EngineSim, openEngineSim } from '@fairlead/engine-sim';
import { Scope, Secret } from '@fairlead/kit';
import { hasNginx, openNginx } from '@fairlead/testkit/nginx';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { testEngineKey, key, openFrontWorld } from '../testing/front-world.ts';

const readTimeoutMs = 1_000;
let scope: Scope;
beforeEach(() => {
  scope = new Scope();
});
afterEach(() => scope[Symbol.asyncDispose]());

/** nginx before the front before the simulator. */
async function openAll(quietMs: number): Promise<{ url: string; sim: EngineSim }> {
  const directory = await mkdtemp(join(tmpdir(), 'sim-'));
  scope.defer(() => rm(directory, { recursive: true, force: true }));
  const uds = join(directory, 'e.sock');
  const sim = scope.use(await openEngineSim({ listen: { uds }, apiKeys: [new Secret(testEngineKey)] }));
  const world = scope.use(await openFrontWorld({ engineSocket: () => uds, limits: { quietMs } }));
  const location = `proxy_read_timeout ${readTimeoutMs}ms;`;
  const port = await openNginx(scope, { dir: directory, socket: world.frontPath, location });
  return { url: `http://127.0.0.1:${port}`, sim };
}

function ask(url: string, sim: Record<string, number>): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'sim',
      stream: true,
      max_tokens: 8,
      messages: [{ role: 'user', content: 'x' }],
      sim,
    }),
  });
}

/** When each piece with a token arrived. */
async function tokenTimes(answer: Response): Promise<{ times: number[]; text: string }> {
  const times: number[] = [];
  let text = '';
  for await (const piece of answer.body!.pipeThrough(new TextDecoderStream())) {
    text += piece;
    if (/"content":"[^"]/.test(piece)) times.push(performance.now());
  }
  return { times, text };
}

describe.skipIf(!(await hasNginx()))('a stream through nginx (which this machine has)', () => {
  test('whose first token takes longer than nginx waits arrives whole', async () => {
    const { url } = await openAll(readTimeoutMs / 5);
    const answer = await ask(url, { prefill_ms: 3 * readTimeoutMs, tokens: 8 });
    expect(answer.status).toBe(200);
    const { times, text } = await tokenTimes(answer);
    expect(times.length).toBeGreaterThan(0);
    expect(text).toMatch(/data: \[DONE\]\n\n$/);
  });

  test('arrives token by token, at the pace of the engine', async () => {
    const { url } = await openAll(60_000);
    const { times, text } = await tokenTimes(await ask(url, { decode_ms: 100, tokens: 8 }));
    expect(text).toMatch(/data: \[DONE\]\n\n$/);
    // Held back until its buffer is full, it would arrive in one piece at the end.
    expect(times.length).toBeGreaterThan(5);
    expect(times.at(-1)! - times[0]!).toBeGreaterThan(400);
  });
});
