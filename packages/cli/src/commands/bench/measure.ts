// Sends the requests of a benchmark and times their streams.

import { type Clock, errorText, mapLimited } from '@fairlead/kit';
import { createEventReader, readErrorBody } from '@fairlead/openai-wire';

import { type LevelRun } from './bench-stats.ts';
import { createStreamTimer, type TimedRequest } from './stream-timer.ts';

/** The SDK's `fetch`, or one of the node. */
export type BenchFetch = (
  path: string,
  init: { method: string; headers: Record<string, string>; body: string; signal: AbortSignal },
) => Promise<Response>;

export interface MeasureDeps {
  connection: { readonly servedModel: string; fetch: BenchFetch };
  clock: Pick<Clock, 'monotonicMs'>;
  signal: AbortSignal;
}

export interface MeasuredRequest {
  prompt: string;
  outputTokens: number;
  api: 'completions' | 'chat';
}

/** Never rejects for a request that fails: its outcome says so. Rejects with the signal's reason. */
export async function measureRequest(request: MeasuredRequest, deps: MeasureDeps): Promise<TimedRequest> {
  const { clock, signal, connection } = deps;
  const { path, body } = bodyOf(request, connection.servedModel);
  const timer = createStreamTimer(clock.monotonicMs());
  try {
    const headers = { 'content-type': 'application/json' };
    const response = await connection.fetch(path, { method: 'POST', headers, body, signal });
    if (response.status !== 200 || !response.body) timer.fail(await refusalOf(response));
    else await readStream(response.body, (data) => timer.take(data, clock.monotonicMs()));
  } catch (error) {
    signal.throwIfAborted();
    timer.fail(errorText(error));
  }
  return timer.outcome();
}

/** `ignore_eos`: every answer has the length that was asked for. */
function bodyOf({ prompt, outputTokens, api }: MeasuredRequest, model: string): { path: string; body: string } {
  const common = { model, ignore_eos: true, stream: true, stream_options: { include_usage: true } };
  return api === 'chat'
    ? {
        path: '/v1/chat/completions',
        body: JSON.stringify({ ...common, messages: [{ role: 'user', content: prompt }], max_tokens: outputTokens }),
      }
    : { path: '/v1/completions', body: JSON.stringify({ ...common, prompt, max_tokens: outputTokens }) };
}

async function readStream(body: ReadableStream<Uint8Array>, onEvent: (data: string) => void): Promise<void> {
  const reader = createEventReader();
  const decoder = new TextDecoder();
  for await (const piece of body)
    for (const data of reader.read(decoder.decode(piece, { stream: true }))) onEvent(data);
  if (!reader.isDone) throw new Error('the stream ended before its last event');
}

async function refusalOf(response: Response): Promise<string> {
  const text = await response.text();
  return `the answer was ${response.status}: ${readErrorBody(text).message ?? (text.trim().slice(0, 300) || 'no reason given')}`;
}

export interface LevelWish {
  concurrency: number;
  requests: readonly MeasuredRequest[];
  onDone: () => void;
}

/** All requests are there from the start, and so many of them run at a time. */
export async function runLevel({ concurrency, requests, onDone }: LevelWish, deps: MeasureDeps): Promise<LevelRun> {
  const startedAt = deps.clock.monotonicMs();
  const outcomes = await mapLimited(requests, concurrency, async (request) => {
    const outcome = await measureRequest(request, deps);
    onDone();
    return outcome;
  });
  return { concurrency, outcomes, durationMs: deps.clock.monotonicMs() - startedAt };
}

/** As the engine's own tokenizer counts; undefined where it has none to ask. */
export async function countTokens(prompt: string, { connection, signal }: MeasureDeps): Promise<number | undefined> {
  const body = JSON.stringify({ model: connection.servedModel, prompt });
  const headers = { 'content-type': 'application/json' };
  const response = await connection.fetch('/tokenize', { method: 'POST', headers, body, signal });
  const text = await response.text();
  if (response.status !== 200) return undefined;
  try {
    const answer: unknown = JSON.parse(text);
    const count = typeof answer === 'object' && answer !== null && 'count' in answer ? answer.count : undefined;
    return typeof count === 'number' ? count : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
