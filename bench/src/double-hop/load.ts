// The load that is put on one way: short requests in a closed loop, streams side by side, one big body. Measures what comes back.

import { setTimeout as delay } from 'node:timers/promises';

import type { Carrier } from './carrier.ts';

export interface LoadOptions {
  streams: number;
  seconds: number;
}

export interface FirstBytes {
  /** Milliseconds from the start of a request, its connection included where that is new, to the first byte of its answer. */
  samplesMs: number[];
  /** Attempts that were refused or cut; the time until the next one worked is in the samples. */
  failures: number;
}

const RETRY_MS = 20;

function chatBody(more: object): Uint8Array {
  return Buffer.from(
    JSON.stringify({ model: 'demo', stream: true, messages: [{ role: 'user', content: 'x' }], ...more }),
  );
}

/** So many at a time: each begins the next request when its answer has ended. */
export async function loadFirstBytes(carrier: Carrier, options: LoadOptions & { keep: boolean }): Promise<FirstBytes> {
  const body = chatBody({ max_tokens: 1, sim: { prefill_ms: 0 } });
  const found: FirstBytes = { samplesMs: [], failures: 0 };
  const untilMs = performance.now() + options.seconds * 1000;
  const one = async () => {
    const startedMs = performance.now();
    let firstMs: number | undefined;
    const onData = () => (firstMs ??= performance.now() - startedMs);
    while (firstMs === undefined) {
      try {
        await carrier.exchange({ body, keep: options.keep, expect: 200, onData });
      } catch (error) {
        found.failures += 1;
        if (performance.now() - startedMs > 30_000) throw error;
        await delay(RETRY_MS);
      }
    }
    found.samplesMs.push(firstMs);
  };
  const loop = async () => {
    do await one();
    while (performance.now() < untilMs);
  };
  await Promise.all(Array.from({ length: options.streams }, loop));
  return found;
}

export interface Flow {
  tokensPerSecond: number;
  tokens: number;
  /** Those before and after the count too: what CPU time is put down to. */
  allTokens: number;
  /** Milliseconds between two tokens of one stream; of tokens that came together, zero. */
  gapsMs: number[];
  failures: number;
}

const EVENT = Buffer.from('data: ');
/** The longest answer of the simulated model. */
const MOST_TOKENS = 8_000;
const START_LIMIT_MS = 20_000;

/** All streams side by side; counted from when each has had its first token. */
export async function loadStreams(
  carrier: Carrier,
  { streams, seconds, decodeMs }: LoadOptions & { decodeMs: number },
): Promise<Flow> {
  const body = chatBody({ max_tokens: MOST_TOKENS, sim: { prefill_ms: 0, decode_ms: decodeMs, tokens: MOST_TOKENS } });
  const flow: Flow = { tokensPerSecond: 0, tokens: 0, allTokens: 0, gapsMs: [], failures: 0 };
  const stop = new AbortController();
  const started = Promise.withResolvers<void>();
  let waitingFor = streams;
  let isCounting = false;
  const one = async () => {
    let lastMs: number | undefined;
    const onData = (piece: Uint8Array) => {
      const count = countEvents(piece);
      if (count === 0) return;
      flow.allTokens += count;
      const nowMs = performance.now();
      if (lastMs === undefined && --waitingFor === 0) started.resolve();
      if (isCounting) {
        flow.tokens += count;
        flow.gapsMs.push(nowMs - (lastMs ?? nowMs));
        for (let more = 1; more < count; more++) flow.gapsMs.push(0);
      }
      lastMs = nowMs;
    };
    while (!stop.signal.aborted) {
      try {
        await carrier.exchange({ body, keep: false, expect: 200, onData, signal: stop.signal });
      } catch {
        // Refused or cut: begun anew, and counted.
        if (!stop.signal.aborted) flow.failures += 1;
        if (!stop.signal.aborted) await delay(RETRY_MS);
      }
    }
  };
  const all = Array.from({ length: streams }, one);
  await Promise.race([started.promise, delay(START_LIMIT_MS)]);
  isCounting = true;
  const beganMs = performance.now();
  await delay(seconds * 1000);
  isCounting = false;
  flow.tokensPerSecond = (flow.tokens * 1000) / (performance.now() - beganMs);
  stop.abort();
  await Promise.all(all);
  return flow;
}

function countEvents(piece: Uint8Array): number {
  const buffer = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
  let count = 0;
  for (let at = buffer.indexOf(EVENT); at >= 0; at = buffer.indexOf(EVENT, at + 64)) count += 1;
  return count;
}

/** One body of this size to the engine, which answers when it has read it all: for a model that nobody serves, with 404. */
export async function loadBulk(carrier: Carrier, { megabytes }: { megabytes: number }): Promise<number> {
  const body = Buffer.from(
    JSON.stringify({ model: 'nobody', messages: [{ role: 'user', content: 'x'.repeat(megabytes * 1e6) }] }),
  );
  const beganMs = performance.now();
  await carrier.exchange({ body, keep: false, expect: 404, onData: () => undefined });
  return (megabytes * 1000) / (performance.now() - beganMs);
}
