// Every recorded exchange, sent again to the simulator: same status, same headers, same body or the same shape of it.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exchange } from './testing/exchange.ts';
import { key, openSim } from './testing/open-sim.ts';
import { type RecordedAnswer, readRecorded } from './testing/recorded-answer.ts';
import { runOf, shapeOf } from './testing/shape.ts';

const words = (text: string): string[] => text.trim().split(/\s+/);

/** The same bytes. */
const exact = words(`
  err-tool-unknown err-tool-choice-without-tools err-top-logprobs-alone err-top-logprobs-too-many err-n-zero err-n-greedy
  err-max-tokens-text err-max-tokens-zero err-stream-options err-list-body err-messages-string err-model-type
  err-completion-no-prompt err-completion-empty-prompt err-completion-wrong-model err-messages-api-wrong-model
  err-messages-api-no-max err-messages-api-no-messages err-messages-api-empty err-messages-api-bad-json
  err-messages-api-no-model err-messages-api-zero err-messages-api-no-key err-count-tokens-wrong-model
  err-responses-wrong-model err-responses-no-input err-responses-zero err-responses-previous err-response-get
  err-response-cancel err-responses-background err-tokenize-wrong-model err-tokenize-nothing
  err-detokenize-wrong-model err-detokenize-nothing detokenize-bad err-model-by-id err-options embeddings-on-generate
  messages-count-tokens`);

/** The same fields in the same order, of the same types. */
const shaped = words(`
  chat-json-schema chat-logprobs chat-tool-auto chat-tool-forced chat-tool-required chat-tool-none chat-tool-result
  chat-stop-include completion-echo completion-echo-zero completion-logprobs completion-tokens completion-default-max
  messages messages-tool-auto messages-tool-result responses responses-instructions responses-parts
  responses-tool-required responses-tool-named responses-tool-result responses-logprobs tokenize tokenize-chat
  tokenize-strs detokenize`);

/** The same events in the same order, whatever their number. */
const streamed = words(`
  chat-tool-required-stream chat-tool-forced-stream chat-logprobs-stream completion-echo-stream
  completion-logprobs-stream messages-text-stream messages-tool-any-stream responses-choice-stream
  responses-tool-required-stream responses-tool-named-stream`);

/** What the client prescribes comes out of both: the same text, but for ids. */
const prescribed = words('chat-choice responses-choice');

let engine: Awaited<ReturnType<typeof openSim>>;
beforeAll(async () => {
  engine = await openSim({ runner: 'generate' });
});
afterAll(() => engine[Symbol.asyncDispose]());

describe('EngineSim: generating, as recorded', () => {
  test.each(exact)('%s: status, headers and body', async (name) => {
    const { answer, recorded } = await again(engine.path, name);
    expect(answer.body).toBe(recorded.body);
  });

  test.each(shaped)('%s: status, headers, fields', async (name) => {
    const { answer, recorded } = await again(engine.path, name);
    expect(shapeOf(JSON.parse(answer.body))).toEqual(shapeOf(JSON.parse(recorded.body)));
  });

  test.each(streamed)('%s: status, headers, run of events', async (name) => {
    const { answer, recorded } = await again(engine.path, name);
    expect(answer.complete).toBe(true);
    expect(runOf(answer.body)).toEqual(runOf(recorded.body));
  });

  test.each(prescribed)('%s: the same text', async (name) => {
    const { answer, recorded } = await again(engine.path, name);
    expect(shapeOf(JSON.parse(answer.body))).toEqual(shapeOf(JSON.parse(recorded.body)));
    const [said] = words('"hello[^"]*"').map((pattern) => new RegExp(pattern).exec(recorded.body)?.[0]);
    expect(answer.body).toContain(said);
  });

  test('content type: a body that is not called JSON is refused', async () => {
    const recorded = readRecorded('err-content-type');
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'text/plain' };
    const answer = await exchange(engine.path, { path: recorded.path, headers, body: recorded.requestBody });
    expect(answer).toMatchObject({ status: recorded.status, body: recorded.body });
  });
});

/** Sends what was sent, and compares all but the body. */
export async function again(path: string, name: string) {
  const recorded = readRecorded(name);
  const headers = name.endsWith('-no-key') || name.endsWith('-nokey') ? {} : { authorization: `Bearer ${key}` };
  const body = recorded.requestBody === '' ? {} : { body: recorded.requestBody };
  const answer = await exchange(path, { method: recorded.method, path: recorded.path, headers, ...body });
  expect(answer.status).toBe(recorded.status);
  expect(headersOf(answer)).toEqual(headersOf(recorded));
  return { answer, recorded };
}

/** Names in order, with the values that do not differ from run to run. */
function headersOf({ headers }: Pick<RecordedAnswer, 'headers'>): string[] {
  const telling = new Set(['content-type', 'allow', 'vary', 'server', 'transfer-encoding']);
  return headers
    .filter(([name]) => name !== 'connection' && name !== 'x-request-id')
    .map(([name, value]) => (telling.has(name) ? `${name}: ${value}` : name));
}

describe('EngineSim: embedding, as recorded', () => {
  const bytes = words(`
    err-embeddings-dimensions err-embeddings-wrong-model err-embeddings-empty err-embeddings-empty-list
    err-embeddings-no-key err-chat-on-pooling`);
  const fields = words('embeddings embeddings-base64 embeddings-list embeddings-tokens embeddings-messages');

  test.each(bytes)('%s: status, headers and body', async (name) => {
    await using pooling = await openSim({ runner: 'pooling' });
    const { answer, recorded } = await again(pooling.path, name);
    expect(answer.body).toBe(recorded.body);
  });

  test.each(fields)('%s: status, headers, fields, size', async (name) => {
    await using pooling = await openSim({ runner: 'pooling' });
    const { answer, recorded } = await again(pooling.path, name);
    const [mine, theirs] = [answer, recorded].map(({ body }) => JSON.parse(body) as Embeddings);
    expect(shapeOf(mine)).toEqual(shapeOf(theirs));
    expect(mine?.data.map(({ embedding }) => embedding.length)).toEqual(
      theirs?.data.map(({ embedding }) => embedding.length),
    );
  });
});

interface Embeddings {
  data: Array<{ embedding: string | number[] }>;
}
