// The load on one way: answers one after the other, many requests at once, parallel streams, one large body. Measures
// the answers.

import { setTimeout as delay } from 'node:timers/promises';

import type { Requester } from './requester.ts';

export interface LoadOptions {
  streams: number;
  seconds: number;
}

export interface FirstBytes {
  /** Milliseconds from the start of a request, including a new connection, to the first byte of its answer. */
  samplesMs: number[];
  /** Attempts that were refused or cut; the samples include the time until the next attempt worked. */
  failures: number;
}

const retryIntervalMs = 20;
/** New connections that begin each second, at any number of streams. This determines how long a stream lasts. */
const newPerSecond = 500;
/** Samples for each second of the measurement: with one stream, OpenSSH as typed takes 45 ms to close each connection. */
const countedPerSecond = 60;

export function chatBody(more: object): Uint8Array {
  return Buffer.from(
    JSON.stringify({ model: 'demo', stream: true, messages: [{ role: 'user', content: 'x' }], ...more }),
  );
}

/** A token every 20 ms, the pace of a large model; slower with many streams, which would overload the machine. */
export const readingPaceMs = (streams: number) => Math.max(20, streams / 5);

/**
 * Times first bytes among that many streams. Each client reads one answer after the other; the length of the answers lets about 500 begin a
 * second in all. The starts are spread over the first answers, which do not count. A client that has its share goes on until all have theirs.
 * All ways serve the same number of requests: with a fixed time, the requests that a way delays would count less than those that it serves.
 */
export async function loadFirstBytes(
  requester: Requester,
  options: LoadOptions & { keep: boolean },
): Promise<FirstBytes> {
  const { streams, seconds, keep } = options;
  const paceMs = readingPaceMs(streams);
  const lastsMs = (streams * 1000) / newPerSecond;
  const tokens = Math.max(1, Math.round(lastsMs / paceMs));
  const body = chatBody({ max_tokens: tokens, sim: { prefill_ms: 0, decode_ms: paceMs, tokens } });
  const each = Math.max(1, Math.ceil((seconds * countedPerSecond) / streams));
  const found: FirstBytes = { samplesMs: [], failures: 0 };
  const loop = async (client: number) => {
    await delay((client * lastsMs) / streams);
    await timeFirstByte(requester, { body, keep }, found);
    for (let left = each; found.samplesMs.length < each * streams; left--) {
      const firstMs = await timeFirstByte(requester, { body, keep }, found);
      if (left > 0) found.samplesMs.push(firstMs);
    }
  };
  await Promise.all(Array.from({ length: streams }, (_, client) => loop(client)));
  return found;
}

/** Times first bytes of that many requests at the same moment, each on a new connection. */
export async function loadBurst(requester: Requester, { streams }: Pick<LoadOptions, 'streams'>): Promise<FirstBytes> {
  const body = chatBody({ max_tokens: 1, sim: { prefill_ms: 0 } });
  const found: FirstBytes = { samplesMs: [], failures: 0 };
  const one = async () => found.samplesMs.push(await timeFirstByte(requester, { body, keep: false }, found));
  await Promise.all(Array.from({ length: streams }, one));
  return found;
}

/** Requests a second of that many clients, each of which asks again, on a new connection, as soon as it has been answered: one token each. */
export async function loadAgain(
  requester: Requester,
  { streams, seconds }: LoadOptions,
): Promise<{ requestsPerSecond: number; failures: number }> {
  const body = chatBody({ max_tokens: 1, sim: { prefill_ms: 0 } });
  const found: FirstBytes = { samplesMs: [], failures: 0 };
  const beganMs = performance.now();
  const endMs = beganMs + seconds * 1000;
  let answered = 0;
  const loop = async () => {
    while (performance.now() < endMs) {
      await timeFirstByte(requester, { body, keep: false }, found);
      if (performance.now() < endMs) answered += 1;
    }
  };
  await Promise.all(Array.from({ length: streams }, loop));
  return { requestsPerSecond: answered / seconds, failures: found.failures };
}

/** Resolves when the answer has ended. Tries a refused request again; the sample includes that time. */
async function timeFirstByte(
  requester: Requester,
  asked: { body: Uint8Array; keep: boolean },
  found: FirstBytes,
): Promise<number> {
  const startedMs = performance.now();
  let firstMs: number | undefined;
  const onData = () => (firstMs ??= performance.now() - startedMs);
  while (firstMs === undefined) {
    try {
      await requester.send({ ...asked, expect: 200, onData });
    } catch (error) {
      found.failures += 1;
      if (performance.now() - startedMs > 30_000) throw error;
      await delay(retryIntervalMs);
    }
  }
  return firstMs;
}

export interface Flow {
  tokensPerSecond: number;
  tokens: number;
  /** All tokens, also those before and after the counted time: CPU time is divided by these. */
  allTokens: number;
  /** Milliseconds between two tokens of one stream; zero for tokens that came together. */
  gapsMs: number[];
  failures: number;
}

const event = Buffer.from('data: ');
/** The longest answer of the simulated model. */
export const maxTokens = 8_000;
/** Streams that have not begun or ended by then count as failures. */
const startTimeoutMs = 10_000;
const endTimeoutMs = 3_000;

/** Runs all streams in parallel, started one after the other; counts from the moment when each has had its first token. */
export async function loadStreams(
  requester: Requester,
  { streams, seconds, decodeMs }: LoadOptions & { decodeMs: number },
): Promise<Flow> {
  const body = chatBody({ max_tokens: maxTokens, sim: { prefill_ms: 0, decode_ms: decodeMs, tokens: maxTokens } });
  const count = new FlowCount(streams);
  const stop = new AbortController();
  const left = new Set<number>();
  const one = async (stream: number) => {
    left.add(stream);
    const onData = count.listener();
    await delay((stream * 1000) / newPerSecond);
    while (!stop.signal.aborted) {
      try {
        await requester.send({ body, keep: false, expect: 200, onData, signal: stop.signal });
      } catch {
        // Refused or cut: starts again, and counts as a failure.
        if (stop.signal.aborted) break;
        count.flow.failures += 1;
        await delay(retryIntervalMs);
      }
    }
    left.delete(stream);
  };
  const all = Array.from({ length: streams }, (_, stream) => one(stream));
  await Promise.race([count.started, delay(startTimeoutMs)]);
  await count.during(seconds);
  stop.abort();
  await Promise.race([Promise.all(all), delay(endTimeoutMs)]);
  count.flow.failures += left.size;
  return count.flow;
}

/** Counts the tokens of all streams together. */
class FlowCount {
  readonly flow: Flow = { tokensPerSecond: 0, tokens: 0, allTokens: 0, gapsMs: [], failures: 0 };
  readonly #started = Promise.withResolvers<void>();
  #silent: number;
  #isCounting = false;

  constructor(streams: number) {
    this.#silent = streams;
  }

  /** Resolves when each stream has had its first token. */
  get started(): Promise<void> {
    return this.#started.promise;
  }

  async during(seconds: number): Promise<void> {
    this.flow.failures += this.#silent;
    this.#isCounting = true;
    const beganMs = performance.now();
    await delay(seconds * 1000);
    this.#isCounting = false;
    this.flow.tokensPerSecond = (this.flow.tokens * 1000) / (performance.now() - beganMs);
  }

  /** Of one stream. */
  listener(): (piece: Uint8Array) => void {
    let lastMs: number | undefined;
    return (piece) => {
      const tokens = countEvents(piece);
      if (tokens === 0) return;
      const nowMs = performance.now();
      if (lastMs === undefined && --this.#silent === 0) this.#started.resolve();
      this.flow.allTokens += tokens;
      if (this.#isCounting) this.#count(tokens, nowMs - (lastMs ?? nowMs));
      lastMs = nowMs;
    };
  }

  #count(tokens: number, gapMs: number): void {
    this.flow.tokens += tokens;
    this.flow.gapsMs.push(gapMs);
    for (let more = 1; more < tokens; more++) this.flow.gapsMs.push(0);
  }
}

export function countEvents(piece: Uint8Array): number {
  const buffer = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
  let count = 0;
  for (let at = buffer.indexOf(event); at >= 0; at = buffer.indexOf(event, at + 64)) count += 1;
  return count;
}

/** Sends one body of this size to the engine, which answers 404 after it has read all of it, because it does not serve the model. */
export async function loadBulk(requester: Requester, { megabytes }: { megabytes: number }): Promise<number> {
  const body = Buffer.from(
    JSON.stringify({ model: 'nobody', messages: [{ role: 'user', content: 'x'.repeat(megabytes * 1e6) }] }),
  );
  const beganMs = performance.now();
  await requester.send({ body, keep: false, expect: 404, onData: () => undefined });
  return (megabytes * 1000) / (performance.now() - beganMs);
}
