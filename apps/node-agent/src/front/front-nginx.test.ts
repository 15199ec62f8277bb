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

const withToken = /"content":"[^"]/;

describe.skipIf(!(await hasNginx()))('a stream through nginx (which this machine has)', () => {
  test('whose first token takes longer than nginx waits arrives whole', async () => {
    const { url } = await openAll(readTimeoutMs / 5);
    const answer = await ask(url, { prefill_ms: 3 * readTimeoutMs, tokens: 8 });
    expect(answer.status).toBe(200);
    const text = await answer.text();
    expect(text).toMatch(withToken);
    expect(text).toMatch(/data: \[DONE\]\n\n$/);
  });

  test('arrives token by token, at the pace of the engine', async () => {
    const { url } = await openAll(60_000);
    const answer = await ask(url, { decode_ms: 3_600_000, tokens: 8 });
    // Held back until a buffer is full, the first one would arrive with the last, hours later.
    let text = '';
    for await (const piece of answer.body!.pipeThrough(new TextDecoderStream())) {
      text += piece;
      if (withToken.test(text)) break;
    }
    expect(text).toMatch(withToken);
    expect(text).not.toContain('[DONE]');
  });
});
