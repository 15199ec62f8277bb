// The contract of every engine that generates. Runs against the simulator, and against a real vLLM if there is one.
// First the recordings, then the behaviour in use. `structured_outputs` prescribes the texts, so both engines answer the same.

import { describe, expect, test } from 'vitest';
import type { ContractEngine } from './testing/contract-engine.ts';
import { eventsOf, exchange, type OpenExchange, openExchange } from './testing/exchange.ts';
import { until } from './testing/open-sim.ts';
import {
  exactAnswers,
  sendAgain,
  sendUntilAnsweredSo,
  shapedAnswers,
  streamedAnswers,
} from './testing/recorded-table.ts';
import { runOf, shapeOf } from './testing/shape.ts';

/** The flags of the engine under contract. */
export const contractFlags = `
  --runner generate --max-model-len 2048 --max-num-seqs 2 --max-num-queued-reqs 4 --enable-auto-tool-choice
  --tool-call-parser hermes --enable-lora --max-lora-rank 8 --enable-server-load-tracking --enable-request-id-headers`
  .trim()
  .split(/\s+/);

const chatPath = '/v1/chat/completions';
const fox = [{ role: 'user', content: 'the quick brown fox' }];
const saying = 'hello world, this is fine';

export function describeEngineContract(name: string, engine: () => ContractEngine): void {
  describe(`${name}: as recorded`, () => {
    test.each(exactAnswers)('%s: status, headers and body', async (recording) => {
      const { answer, recorded } = await sendAgain(engine(), recording);
      expect(answer.body).toBe(recorded.body);
    });

    test.each(shapedAnswers)('%s: status, headers, fields', async (recording) => {
      const { answer, recorded } = await sendAgain(engine(), recording);
      expect(shapeOf(JSON.parse(answer.body))).toEqual(shapeOf(JSON.parse(recorded.body)));
    });

    test.each(streamedAnswers)('%s: status, headers, run of events', async (recording) => {
      const { answer, recorded } = await sendAgain(engine(), recording);
      expect(answer.complete).toBe(true);
      expect(runOf(answer.body)).toEqual(runOf(recorded.body));
    });
  });

  describeTexts(name, engine);
  describeTools(name, engine);
  describeLoad(name, engine);
  describeAdapters(name, engine);
}

function describeTexts(name: string, engine: () => ContractEngine): void {
  describe(`${name}: texts`, () => {
    test('a stream is the whole answer in pieces, and ends with its usage and [DONE]', async () => {
      const { send } = clientOf(engine());
      const body = { messages: fox, structured_outputs: { choice: [saying] } };
      const whole = JSON.parse((await send(chatPath, body)).body) as Chat;
      expect(whole.choices[0]).toMatchObject({ message: { content: saying }, finish_reason: 'stop' });
      const options = { stream: true, stream_options: { include_usage: true } };
      const events = eventsOf((await send(chatPath, { ...body, ...options })).body);
      expect(events.at(-1)).toBe('[DONE]');
      const chunks = events.slice(0, -1).map((event) => JSON.parse(event) as Chat);
      expect(chunks.map((chunk) => chunk.choices[0]?.delta?.content ?? '').join('')).toBe(saying);
      const usage = chunks.at(-1)?.usage;
      expect(usage?.prompt_tokens).toBe(6);
      expect(usage?.total_tokens).toBe(6 + (usage?.completion_tokens ?? 0));
    });

    test('a stop string ends the text, and is part of it only if the request asks for that', async () => {
      const { send } = clientOf(engine());
      const body = { messages: fox, stop: ['world'], structured_outputs: { choice: [saying] } };
      const cut = JSON.parse((await send(chatPath, body)).body) as Chat;
      expect(cut.choices[0]).toMatchObject({ message: { content: 'hello ' }, stop_reason: 'world' });
      const kept = await send(chatPath, { ...body, include_stop_str_in_output: true });
      expect((JSON.parse(kept.body) as Chat).choices[0]?.message?.content).toBe('hello world');
    });

    test('n choices come in one stream, each with its index and its end', async () => {
      const { send } = clientOf(engine());
      const answer = await send(chatPath, { messages: fox, n: 2, max_tokens: 5, ignore_eos: true, stream: true });
      const choices = eventsOf(answer.body)
        .filter((event) => event !== '[DONE]')
        .flatMap((event) => (JSON.parse(event) as Chat).choices);
      expect(new Set(choices.map(({ index }) => index))).toEqual(new Set([0, 1]));
      expect(choices.filter((choice) => choice.finish_reason === 'length')).toHaveLength(2);
    });

    test('completions, Responses and token ids give the same text', async () => {
      const { send } = clientOf(engine());
      const structured = { structured_outputs: { choice: [saying] }, max_tokens: 60 };
      const completion = await send('/v1/completions', { prompt: 'x', ...structured });
      expect(JSON.parse(completion.body)).toMatchObject({ choices: [{ text: saying, finish_reason: 'stop' }] });
      const response = await send('/v1/responses', { input: 'x', ...structured });
      expect(JSON.parse(response.body)).toMatchObject({
        output: [{ content: [{ text: saying }] }],
        status: 'completed',
      });
      const { tokens } = JSON.parse((await send('/tokenize', { prompt: saying })).body) as { tokens: number[] };
      expect(JSON.parse((await send('/detokenize', { tokens })).body)).toEqual({ prompt: saying });
    });

    test('a schema is followed to the letter', async () => {
      const { send } = clientOf(engine());
      const schema = {
        type: 'object',
        properties: { a: { const: 'b' } },
        required: ['a'],
        additionalProperties: false,
      };
      const format = { type: 'json_schema', json_schema: { name: 'x', schema } };
      const answer = await send(chatPath, { messages: fox, response_format: format, max_tokens: 400 });
      const [choice] = (JSON.parse(answer.body) as Chat).choices;
      const said = choice?.message?.content ?? '';
      // A random model may fill its limit with white space, but with nothing else.
      if (choice?.finish_reason === 'length') expect('{"a":"b"}').toContain(said.replaceAll(/\s/g, ''));
      else expect(JSON.parse(said)).toEqual({ a: 'b' });
    });
  });
}

const tool = {
  name: 'get_weather',
  description: 'w',
  parameters: { type: 'object', properties: { city: { type: 'string', enum: ['Berlin'] } }, required: ['city'] },
};
const tools = [{ type: 'function', function: tool }];
const called = '{"city": "Berlin"}';
/** Makes the random model of a real vLLM write what a trained model would. */
const wish = {
  tools,
  messages: [{ role: 'user', content: 'the weather, please' }],
  structured_outputs: { choice: [`<tool_call>\n{"name": "get_weather", "arguments": ${called}}\n</tool_call>`] },
};

function describeTools(name: string, engine: () => ContractEngine): void {
  describe(`${name}: tools`, () => {
    test('auto: the model calls one; streamed, its arguments come in pieces', async () => {
      const { send } = clientOf(engine());
      const [choice] = (JSON.parse((await send(chatPath, wish)).body) as Chat).choices;
      expect(choice).toMatchObject({ finish_reason: 'tool_calls', message: { content: null } });
      expect(choice?.message?.tool_calls).toMatchObject([{ function: { name: 'get_weather', arguments: called } }]);
      const events = eventsOf((await send(chatPath, { ...wish, stream: true })).body).slice(0, -1);
      const deltas = events.flatMap((event) => (JSON.parse(event) as Chat).choices[0]?.delta?.tool_calls ?? []);
      expect(deltas[0]).toMatchObject({ index: 0, type: 'function', function: { name: 'get_weather' } });
      expect(deltas.map((delta) => delta.function.arguments ?? '').join('')).toBe(called);
      expect(deltas.length).toBeGreaterThan(3);
    });

    test('a result is answered in words', async () => {
      const { send } = clientOf(engine());
      const call = { id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: called } };
      const messages = [
        ...wish.messages,
        { role: 'assistant', content: null, tool_calls: [call] },
        { role: 'tool', tool_call_id: 'call_1', content: 'sunny' },
      ];
      const structured = { structured_outputs: { choice: [saying] } };
      const answer = await send(chatPath, { messages, tools, ...structured });
      expect((JSON.parse(answer.body) as Chat).choices[0]).toMatchObject({ message: { content: saying } });
    });

    test('Responses: the call is an item of its own', async () => {
      const { send } = clientOf(engine());
      const { structured_outputs } = wish;
      const request = { input: 'the weather, please', tools: [{ type: 'function', ...tool }], structured_outputs };
      const whole = JSON.parse((await send('/v1/responses', request)).body) as { output: unknown[] };
      expect(whole.output).toMatchObject([{ type: 'function_call', name: 'get_weather', arguments: called }]);
      const stream = (await send('/v1/responses', { ...request, stream: true })).body;
      const pieces = [...stream.matchAll(/^data: (\{"delta".*)$/gm)].map(([, data = '']) => JSON.parse(data) as Delta);
      expect(pieces.map(({ delta }) => delta).join('')).toBe(called);
      expect(stream).toMatch(/event: response\.completed\n.*"status":"completed".*\n\n$/);
    });
  });
}

function describeLoad(name: string, engine: () => ContractEngine): void {
  describe(`${name}: load`, () => {
    test('a request that does not fit waits, one past the queue limit is refused, and a client that leaves makes room', async () => {
      const { send, stream, metric } = clientOf(engine());
      // A real vLLM ends 2000 tokens within seconds: each stream that has ended is followed by another.
      const long = { messages: fox, stream: true, ignore_eos: true, max_tokens: 2000 };
      const clients = Array.from({ length: 4 }, () => keepOpen(() => stream(chatPath, long)));
      try {
        await until(async () => (await metric('num_requests_waiting')) === 2, 20);
        await until(async () => (await metric('num_requests_running')) === 2, 20);
        await until(async () => (await metric('kv_cache_usage_perc')) > 0, 20);
        await until(async () => (await send('/load')).body === '{"server_load":4}', 20);
        for (const full of ['queue-full', 'queue-full-messages']) {
          // Between the end of a stream and the next one there is room for a request.
          const { answer, recorded } = await sendUntilAnsweredSo(engine(), full);
          expect(answer.body).toBe(recorded.body);
        }
        for (const client of clients.slice(0, 2)) client.close();
        await until(async () => (await metric('num_requests_waiting')) === 0, 20);
      } finally {
        for (const client of clients) client.close();
      }
      await until(async () => (await metric('num_requests_running')) === 0, 20);
      expect(await metric('num_requests_waiting')).toBe(0);
      expect(await metric('admission_rejections_total')).toBeGreaterThan(0);
    });

    test('an answer has the x-request-id of its request', async () => {
      const { path, key } = engine();
      const headers = { authorization: `Bearer ${key}`, 'x-request-id': 'mine-1' };
      const answer = await exchange(path, { path: '/v1/models', headers });
      expect(Object.fromEntries(answer.headers)['x-request-id']).toBe('mine-1');
    });
  });
}

/** Opens an exchange, and another one each time the server has ended it, until it is closed. */
function keepOpen(open: () => OpenExchange): { close: () => void } {
  let isClosed = false;
  let current = open();
  const follow = () => {
    current.socket.once('close', () => {
      if (isClosed) return;
      current = open();
      follow();
    });
  };
  follow();
  return {
    close() {
      isClosed = true;
      current.socket.destroy();
    },
  };
}

function describeAdapters(name: string, engine: () => ContractEngine): void {
  test(`${name}: an adapter is loaded, listed, used, and unloaded`, async () => {
    const { send } = clientOf(engine());
    const { adapter } = engine();
    const load = () => send('/v1/load_lora_adapter', { lora_name: 'ad1', lora_path: adapter });
    expect(await load()).toMatchObject({ status: 200, body: "Success: LoRA adapter 'ad1' added successfully." });
    expect(await load()).toMatchObject({ status: 400 });
    const { data } = JSON.parse((await send('/v1/models')).body) as { data: unknown[] };
    expect(data).toMatchObject([
      { id: 'tiny', parent: null, max_model_len: 2048 },
      { id: 'ad1', parent: 'tiny', root: adapter, max_model_len: null },
    ]);
    const asked = { model: 'ad1', messages: fox, max_tokens: 2 };
    expect(JSON.parse((await send(chatPath, asked)).body)).toMatchObject({ model: 'ad1' });
    expect((await send('/v1/unload_lora_adapter', { lora_name: 'ad1' })).status).toBe(200);
    expect((await send(chatPath, asked)).status).toBe(404);
  });
}

interface Chat {
  choices: Array<{
    index: number;
    message?: { content: string | null; tool_calls?: unknown[] };
    delta?: { content?: string | null; tool_calls?: Array<{ function: { name?: string; arguments?: string } }> };
    finish_reason: string | null;
  }>;
  usage?: { prompt_tokens: number; completion_tokens: number; total_tokens: number };
}

interface Delta {
  delta: string;
}

function clientOf({ path, key }: ContractEngine) {
  const headers = { authorization: `Bearer ${key}` };
  const send = (route: string, body?: object) =>
    exchange(path, { path: route, headers, ...(body ? { body: { model: 'tiny', ...body } } : {}) });
  return {
    send,
    stream: (route: string, body: object) => openExchange(path, { path: route, headers, body }),
    /** The sum over its labels. */
    metric: async (short: string): Promise<number> => {
      const { body } = await send('/metrics');
      const values = [...body.matchAll(new RegExp(`^vllm:${short}\\{.*\\} (\\S+)$`, 'gm'))].map(([, value]) =>
        Number(value),
      );
      return values.reduce((sum, value) => sum + value, 0);
    },
  };
}
