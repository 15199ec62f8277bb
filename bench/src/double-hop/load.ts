// The load that is put on one way: answers one after the other, many requests at once, streams side by side, one big body. Measures
// what comes back.

import { setTimeout as delay } from 'node:timers/promises';

import type { Requester } from './requester.ts';

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

const retryIntervalMs = 20;
/** New connections that begin each second, whatever the number of streams: it is what decides how long a stream lasts. */
const newPerSecond = 500;
/** Counted for each second that was asked for: at one stream OpenSSH as typed takes 45 ms to close each. */
const countedPerSecond = 60;

function chatBody(more: object): Uint8Array {
  return Buffer.from(
    JSON.stringify({ model: 'demo', stream: true, messages: [{ role: 'user', content: 'x' }], ...more }),
  );
}

/** A token every 20 ms, as a large model gives them; slower where many streams would be a flood. */
export const readingPaceMs = (streams: number) => Math.max(20, streams / 5);

/**
 * First bytes among that many streams: each client reads one answer after the other, each of as many tokens as let about 500 begin a
 * second in all. Beginnings are spread over the first answers, which are not counted; who has his share goes on until all have.
 * All ways serve the same number: by the clock, those that a way leaves waiting would count less than those that it serves.
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

/** First bytes of that many requests that come at once, each on a new connection. */
export async function loadBurst(requester: Requester, { streams }: Pick<LoadOptions, 'streams'>): Promise<FirstBytes> {
  const body = chatBody({ max_tokens: 1, sim: { prefill_ms: 0 } });
  const found: FirstBytes = { samplesMs: [], failures: 0 };
  const one = async () => found.samplesMs.push(await timeFirstByte(requester, { body, keep: false }, found));
  await Promise.all(Array.from({ length: streams }, one));
  return found;
}

/** Resolves when the answer has ended; what is refused is tried again, and that time counts. */
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
  /** Those before and after the count too: what CPU time is put down to. */
  allTokens: number;
  /** Milliseconds between two tokens of one stream; of tokens that came together, zero. */
  gapsMs: number[];
  failures: number;
}

const event = Buffer.from('data: ');
/** The longest answer of the simulated model. */
const maxTokens = 8_000;
/** Streams that have not begun or ended by then are counted as failures. */
const startTimeoutMs = 10_000;
const endTimeoutMs = 3_000;

/** All streams side by side, begun one after the other; counted from when each has had its first token. */
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
        // Refused or cut: begun anew, and counted.
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

/** What comes in on all streams together. */
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

function countEvents(piece: Uint8Array): number {
  const buffer = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
  let count = 0;
  for (let at = buffer.indexOf(event); at >= 0; at = buffer.indexOf(event, at + 64)) count += 1;
  return count;
}

/** One body of this size to the engine, which answers when it has read it all: for a model that is not served, with 404. */
export async function loadBulk(requester: Requester, { megabytes }: { megabytes: number }): Promise<number> {
  const body = Buffer.from(
    JSON.stringify({ model: 'nobody', messages: [{ role: 'user', content: 'x'.repeat(megabytes * 1e6) }] }),
  );
  const beganMs = performance.now();
  await requester.send({ body, keep: false, expect: 404, onData: () => undefined });
  return (megabytes * 1000) / (performance.now() - beganMs);
}
