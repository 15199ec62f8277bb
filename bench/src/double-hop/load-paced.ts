// Streams of a known pace, each of whose tokens is due at a time: in step, all at the same moment, or not in step, spread over the pace.

import { setTimeout as delay } from 'node:timers/promises';

import { TokenDelays } from '../distance/token-delays.ts';
import { quantile } from '../harness/statistics.ts';
import { chatBody, countEvents, maxTokens } from './load.ts';
import type { Requester } from './requester.ts';

export interface PacedLoad {
  streams: number;
  /** Between two tokens of a stream. */
  paceMs: number;
  inStep: boolean;
  seconds: number;
}

export interface Paced {
  /** Of tokens, beyond the best of their stream. */
  delayMs: { p50: number; p99: number };
  tokensPerSecond: number;
  /** From the first to the last, also before the counting began. */
  allTokens: number;
  failures: number;
}

/** Requests that begin each second, so that their beginning is no storm. */
const beginPerSecond = 500;
/** From the last request to the first token of all streams. */
const leadMs = 1_500;
/** In which the best of each stream is found. */
const calmMs = 300;

export async function loadPaced(requester: Requester, { streams, paceMs, inStep, seconds }: PacedLoad): Promise<Paced> {
  const delays = new TokenDelays(paceMs);
  const stop = new AbortController();
  const { signal } = stop;
  const tally = { tokens: 0, failures: 0 };
  const firstMs = performance.now() + (streams * 1000) / beginPerSecond + leadMs;
  const all = Array.from({ length: streams }, async (_, stream) => {
    await delay((stream * 1000) / beginPerSecond);
    const take = delays.addStream();
    const dueMs = firstMs + (inStep ? 0 : (stream * paceMs) / streams);
    const sim = { prefill_ms: Math.max(0, dueMs - performance.now()), decode_ms: paceMs, tokens: maxTokens };
    let hasBegun = false;
    const onData = (piece: Uint8Array) => {
      const events = countEvents(piece);
      // The first event names the role, and comes before the first token.
      const tokens = hasBegun ? events : Math.max(0, events - 1);
      hasBegun ||= events > 0;
      tally.tokens += tokens;
      take(tokens, performance.now());
    };
    const body = chatBody({ max_tokens: maxTokens, sim });
    await requester.send({ body, keep: false, expect: 200, signal, onData }).catch(() => {
      tally.failures += signal.aborted ? 0 : 1;
    });
  });
  await delay(firstMs + calmMs - performance.now());
  delays.beginCounting();
  const beganMs = performance.now();
  await delay(seconds * 1000);
  const lastedMs = performance.now() - beganMs;
  const late = delays.addedMs;
  stop.abort();
  await Promise.all(all);
  return {
    delayMs: { p50: quantile(late, 0.5), p99: quantile(late, 0.99) },
    tokensPerSecond: (late.length * 1000) / lastedMs,
    allTokens: tally.tokens,
    failures: tally.failures,
  };
}
