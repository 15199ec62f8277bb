import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';

import { streamCompletion } from './stream-completion.ts';

/** What is shown of an answer that consists of these events. */
async function shown(events: readonly string[], status = 200) {
  const server = createServer((_request, response) => {
    response.writeHead(status, { 'content-type': 'text/event-stream' });
    response.end(events.map((event) => `data: ${event}\n\n`).join(''));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const words: string[] = [];
  let now = 0;
  try {
    const streamed = await streamCompletion({
      baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
      apiKey: 'k',
      model: 'm',
      prompt: 'hello',
      maxTokens: 8,
      signal: new AbortController().signal,
      now: () => now++,
      onText: (text) => words.push(text),
    });
    return { words, streamed };
  } finally {
    server.close();
  }
}

const word = (content: string | null) => JSON.stringify({ choices: [{ index: 0, delta: { content } }] });

describe('The streamed answer of the demo', () => {
  it('is shown word by word; events without words are passed over', async () => {
    const usage = JSON.stringify({ choices: [], usage: { completion_tokens: 2 } });
    const { words, streamed } = await shown([word(null), word('a'), word('b'), usage, '"odd"', '[DONE]']);
    expect(words).toEqual(['a', 'b']);
    expect(streamed).toEqual({ firstTokenMs: 1, tokens: 2, totalMs: 2 });
  });

  it('without a word is a failure, and so is a refusal', async () => {
    await expect(shown([word(null), '[DONE]'])).rejects.toMatchObject({ code: 'demo_failed' });
    await expect(shown(['no'], 503)).rejects.toThrow(/answered 503/);
  });
});
