// The typed calls against an HTTP server that each test scripts.

import type { RequestListener } from 'node:http';
import { text as readAll } from 'node:stream/consumers';

import { describe, expect, test } from 'vitest';

import { createOpenAiCalls } from './openai-calls.ts';
import { openHttpPaths } from '../testing/http-paths.ts';

/** Answers every request with `body`, and keeps what it was sent. */
async function open(body: string, { status = 200, whenSeen }: { status?: number; whenSeen?: RequestListener } = {}) {
  const seen: { url: string | undefined; body: unknown }[] = [];
  const there = await openHttpPaths((request, response) => {
    readAll(request).then(
      (text) => {
        seen.push({ url: request.url, body: text === '' ? undefined : JSON.parse(text) });
        response.writeHead(status, { 'content-type': 'text/event-stream' });
        if (whenSeen) whenSeen(request, response);
        else response.end(body);
      },
      () => response.destroy(),
    );
  });
  return Object.assign(there, { seen, calls: createOpenAiCalls({ ...there.deps, model: () => 'served' }) });
}

const chunk = (content: string) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;
const messages = [{ role: 'user', content: 'hi' }] as const;

async function read(chunks: AsyncIterable<{ choices: { delta: { content?: string | null } }[] }>): Promise<string> {
  let text = '';
  for await (const { choices } of chunks) text += choices[0]?.delta.content ?? '';
  return text;
}

describe('calls', () => {
  test('send what they were given with the model filled in, and pass on what they do not know', async () => {
    const answer = { choices: [{ index: 0, text: 'b', finish_reason: 'stop' }], extra: 1 };
    await using there = await open(JSON.stringify(answer));
    expect(await there.calls.complete({ prompt: 'a', top_k: 3 })).toEqual(answer);
    await there.calls.chat({ messages, model: 'other' });
    expect(there.seen).toEqual([
      { url: '/v1/completions', body: { model: 'served', prompt: 'a', top_k: 3, stream: false } },
      { url: '/v1/chat/completions', body: { model: 'other', messages, stream: false } },
    ]);
  });

  test('embed and list models', async () => {
    await using there = await open(JSON.stringify({ data: [{ id: 'm', index: 0, embedding: [1] }] }));
    expect((await there.calls.embed({ input: ['x'] })).data[0]?.embedding).toEqual([1]);
    expect((await there.calls.models())[0]?.id).toBe('m');
    expect(there.seen.map(({ url }) => url)).toEqual(['/v1/embeddings', '/v1/models']);
  });

  test.each(['not json', '{"choices": 1}', 'null'])('refuse the answer %s', async (body) => {
    await using there = await open(body);
    await expect(there.calls.chat({ messages })).rejects.toMatchObject({ code: 'answer_invalid' });
  });

  test('throw an error answer, in a stream too', async () => {
    await using there = await open('{"error":"Unauthorized"}', { status: 401 });
    await expect(there.calls.chat({ messages })).rejects.toMatchObject({ code: 'key_refused', status: 401 });
    await expect(read(there.calls.chatStream({ messages }))).rejects.toMatchObject({ code: 'key_refused' });
  });
});

describe('chatStream', () => {
  test('yields each event until [DONE]', async () => {
    await using there = await open(`: a comment\n\n${chunk('one ')}${chunk('twö')}data: [DONE]\n\n${chunk('never')}`);
    expect(await read(there.calls.chatStream({ messages }))).toBe('one twö');
    expect(there.seen[0]?.body).toMatchObject({ stream: true, model: 'served' });
  });

  test('throws an error event of the engine', async () => {
    await using there = await open(`${chunk('one')}data: {"error": {"message": "EngineCore died", "code": 500}}\n\n`);
    await expect(read(there.calls.chatStream({ messages }))).rejects.toMatchObject({ code: 'engine_failed' });
  });

  test('that ends without [DONE] is not taken for whole', async () => {
    await using there = await open(chunk('one'));
    await expect(read(there.calls.chatStream({ messages }))).rejects.toMatchObject({ code: 'answer_cut' });
  });

  test('ends the request when the loop is left, and with its signal', async () => {
    const closed: Promise<void>[] = [];
    await using there = await open('', {
      whenSeen(request, response) {
        closed.push(new Promise((resolve) => request.socket.once('close', () => resolve())));
        response.write(chunk('one'));
      },
    });
    for await (const { choices } of there.calls.chatStream({ messages })) {
      expect(choices.length).toBe(1);
      break;
    }
    await closed[0];
    const stop = new AbortController();
    const reading = (async () => {
      for await (const { choices } of there.calls.chatStream({ messages }, { signal: stop.signal }))
        if (choices.length > 0) stop.abort(new Error('enough'));
    })();
    await expect(reading).rejects.toThrow('enough');
    await closed[1];
  });
});
