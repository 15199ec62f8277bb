// The unmodified OpenAI library over our fetch: whole answers, streams, errors, an abort.

import { once } from 'node:events';
import type { IncomingMessage, RequestListener } from 'node:http';
import { text as readAll } from 'node:stream/consumers';

import { Secret } from '@fairlead/kit';
import OpenAI, { APIUserAbortError, NotFoundError } from 'openai';
import { expect, test } from 'vitest';

import { createChannelFetch } from './channel-fetch.ts';
import { openHttpPaths } from '../testing/http-paths.ts';

const delta = (content: string) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;

/** Model `none` is not there; a stream of model `endless` never ends; others say hello. */
function engine(onEndless: (request: IncomingMessage) => void): RequestListener {
  const answer = async (...[request, response]: Parameters<RequestListener>) => {
    const { model, stream } = JSON.parse(await readAll(request)) as { model: string; stream?: boolean };
    if (model === 'none') {
      const error = { message: 'The model `none` does not exist.', type: 'NotFoundError', param: 'model', code: 404 };
      response.writeHead(404, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
    } else if (stream) {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(delta('hello'));
      if (model === 'endless') onEndless(request);
      else response.end(`${delta(' you')}data: [DONE]\n\n`);
    } else {
      const choices = [{ index: 0, message: { role: 'assistant', content: 'hello' }, finish_reason: 'stop' }];
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ choices }));
    }
  };
  return (request, response) => void answer(request, response).catch(() => response.destroy());
}

test('openai-node chats, streams, reports errors and aborts over a channel', async () => {
  const endless = Promise.withResolvers<IncomingMessage>();
  await using there = await openHttpPaths(engine(endless.resolve));
  const origin = 'http://a.fairlead.invalid';
  const fetch = createChannelFetch({ ...there.deps, origins: [origin] });
  const client = new OpenAI({
    baseURL: `${origin}/v1`,
    apiKey: there.keys.give(new Secret('key-1')),
    fetch,
    maxRetries: 0,
  });
  const messages = [{ role: 'user' as const, content: 'hi' }];

  const answer = await client.chat.completions.create({ model: 'm', messages });
  expect(answer.choices[0]?.message.content).toBe('hello');

  let text = '';
  for await (const chunk of await client.chat.completions.create({ model: 'm', messages, stream: true }))
    text += chunk.choices[0]?.delta.content ?? '';
  expect(text).toBe('hello you');

  const failed = client.chat.completions.create({ model: 'none', messages });
  await expect(failed).rejects.toThrow(NotFoundError);
  await expect(failed).rejects.toThrow('The model `none` does not exist.');

  const stream = await client.chat.completions.create({ model: 'endless', messages, stream: true });
  const left = endless.promise.then(({ socket }) => once(socket, 'close'));
  for await (const chunk of stream) if (chunk.choices.length > 0) break;
  await left;

  const stop = AbortSignal.abort();
  const unsent = client.chat.completions.create({ model: 'm', messages }, { signal: stop });
  await expect(unsent).rejects.toThrow(APIUserAbortError);
});
