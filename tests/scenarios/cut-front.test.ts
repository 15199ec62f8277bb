// The SDK and the front of an agent over a network that drops after every possible number of bytes, in both directions.

import { createMemoryNetwork, type Towards } from '@fairlead/carrier/testing';
import { cutEverywhere, openMemoryConsumer } from '@fairlead/client/testing';
import { Scope } from '@fairlead/kit';
import { frontKey, openFrontWorld } from '@fairlead/node-agent/testing';
import { expect, it } from 'vitest';

const words = ['one ', 'two ', 'three ', 'four '];
const whole = words.join('');
const messages = [{ role: 'user' as const, content: 'count' }];

it.each<Towards>(['front', 'consumer'])(
  'A stream through the front that is cut after any number of bytes towards the %s has its first chunks, each once, and leaves nothing in flight',
  async (towards) => {
    await using scope = new Scope();
    const { front } = scope.use(
      await openFrontWorld({
        handler(request, response) {
          request.resume().once('end', () => {
            response.writeHead(200, { 'content-type': 'text/event-stream' });
            for (const content of words)
              response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`);
            response.end('data: [DONE]\n\n');
          });
        },
      }),
    );
    const network = createMemoryNetwork();
    const accept = front.accept.bind(front);
    const { calls } = scope.use(openMemoryConsumer({ network, apiKey: frontKey, accept }));
    let got = '';
    const chat = async () => {
      got = '';
      for await (const { choices } of calls.chatStream({ messages })) got += choices[0]?.delta.content ?? '';
      return got;
    };
    let cuts = 0;
    for await (const { bytes, outcome } of cutEverywhere(network, towards, chat)) {
      const cut = { code: 'answer_cut', retryable: true };
      expect({ bytes, outcome }).toEqual({ bytes, outcome: 'value' in outcome ? { value: whole } : cut });
      expect(whole.startsWith(got), `got ${got} after ${bytes} bytes`).toBe(true);
      if ('code' in outcome) cuts += 1;
      // Resolves: the front has noticed the cut, and its engine works for no reader that is gone.
      await front.idle();
    }
    expect(cuts).toBeGreaterThan(100);
    expect(await chat()).toBe(whole);
    await front.idle();
  },
);
