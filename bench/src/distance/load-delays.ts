// Streams at reading pace beside answers of many megabytes: how late the tokens are, and how many bytes pass.

import { setTimeout as delay } from 'node:timers/promises';

import { chatBody, countEvents, maxTokens } from '../double-hop/load.ts';
import type { Requester } from '../double-hop/requester.ts';
import { quantile } from '../harness/statistics.ts';
import { TokenDelays } from './token-delays.ts';

export interface DelayLoad {
  streams: number;
  bulks: number;
  /** Of streams alone, and again of streams beside bulk. */
  seconds: number;
}

export interface Delays {
  p50: number;
  p99: number;
  bulkMBPerSecond: number;
  tokens: number;
  failures: number;
}

const paceMs = 20;
const startTimeoutMs = 30_000;

/** Rejects when a stream cannot begin. */
export async function loadDelays(requester: Requester, { streams, bulks, seconds }: DelayLoad): Promise<Delays> {
  const delays = new TokenDelays(paceMs);
  const stop = new AbortController();
  const { signal } = stop;
  const tally = { failures: 0, bulkBytes: 0 };
  const failed = () => void (tally.failures += signal.aborted ? 0 : 1);
  const ask = (decodeMs: number, onData: (piece: Uint8Array) => void) =>
    requester.send({ body: answerOf(decodeMs), keep: false, expect: 200, signal, onData }).catch(failed);
  const begun = Array.from({ length: streams }, () => Promise.withResolvers<void>());
  const read = begun.map(async ({ resolve }, stream) => {
    await delay((stream * paceMs) / streams);
    const take = delays.addStream();
    let head = true;
    await ask(paceMs, (piece) => {
      // The first event names the role, and comes before the first token.
      const tokens = countEvents(piece) - (head && countEvents(piece) > 0 ? 1 : 0);
      if (countEvents(piece) > 0) head = false;
      take(tokens, performance.now());
      if (tokens > 0) resolve();
    });
  });
  await withinMs(startTimeoutMs, Promise.all(begun.map(({ promise }) => promise)));
  await delay(seconds * 1000);
  delays.beginCounting();
  const beganMs = performance.now();
  const bulk = Array.from({ length: bulks }, async () => {
    while (!signal.aborted) await ask(0, (piece) => void (tally.bulkBytes += piece.length));
  });
  await delay(seconds * 1000);
  const lastedMs = performance.now() - beganMs;
  const late = delays.addedMs;
  stop.abort();
  await Promise.all([...read, ...bulk]);
  return {
    p50: quantile(late, 0.5),
    p99: quantile(late, 0.99),
    bulkMBPerSecond: tally.bulkBytes / 1000 / lastedMs,
    tokens: late.length,
    failures: tally.failures,
  };
}

function answerOf(decodeMs: number): Uint8Array {
  return chatBody({ max_tokens: maxTokens, sim: { prefill_ms: 0, decode_ms: decodeMs, tokens: maxTokens } });
}

async function withinMs(limitMs: number, promise: Promise<unknown>): Promise<void> {
  const late = delay(limitMs, undefined, { ref: false }).then(() => {
    throw new Error(`a stream has not begun within ${limitMs / 1000} s`);
  });
  await Promise.race([promise, late]);
}
