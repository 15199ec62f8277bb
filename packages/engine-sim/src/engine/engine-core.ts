// The simulated engine behind the HTTP server: takes requests, gives tokens at the asked-for pace, counts.
// Like the real one it goes on when nobody looks, and stops at once when its request is aborted.

import { Listeners, untilAborted } from '@fairlead/kit';
import type { Finish, Generation } from './generation.ts';
import { TimerWheel, type WheelJob } from './timer-wheel.ts';

/** How many tokens of one request are given in one turn at most, so that a fast stream cannot starve the others. */
const maxTokensPerTurn = 64;

export interface EngineRequest {
  /** One per choice; they advance together. */
  generations: readonly Generation[];
  promptTokens: number;
  maxTokens: number;
  prefillMs: number;
  decodeMs: number;
  /** Stop giving tokens after this many, and call `onHalt` (faults). */
  haltAt?: number | undefined;
  /** The tokens of one step of one choice. */
  onTokens(choice: number, texts: readonly string[], finish: Finish | undefined): void;
  /** Every choice had its tokens of this step, and some go on: the moment to write. */
  onStep(): void;
  /** Every choice has finished. */
  onEnd(): void;
  /** The engine died under the request. */
  onFailed(): void;
  onHalt?(): void;
}

/** What the metrics hear of. Seconds, as in Prometheus. */
export interface EngineObserver {
  stepped(tokens: number): void;
  firstToken(seconds: number): void;
  interToken(seconds: number): void;
  ended(request: EngineRequest, times: { prefillS: number; decodeS: number; tokens: number }): void;
}

export interface EngineStats {
  running: number;
  waiting: number;
  promptTokens: number;
  generationTokens: number;
  /** Tokens held by requests in flight. */
  kvTokens: number;
  finished: { stop: number; length: number };
}

export interface RunningRequest {
  /** The client is gone: no call-back follows. */
  abort(): void;
  /** The client does not read: no tokens until `resume`. */
  pause(): void;
  resume(): void;
}

interface Job extends WheelJob {
  request: EngineRequest;
  admittedMs: number;
  firstDueMs: number;
  firstTokenMs: number | undefined;
  lastTokenMs: number;
  given: number;
  paused: boolean;
  /** Whether the statistics know of it: a frozen engine takes a request without noticing. */
  counted: boolean;
}

export class EngineCore {
  readonly #jobs = new Set<Job>();
  readonly #wheel = new TimerWheel<Job>((due, nowMs) => this.#turn(due, nowMs));
  readonly #observer: EngineObserver;
  readonly #emptied = new Listeners<undefined>();
  readonly #totals = { promptTokens: 0, generationTokens: 0, finished: { stop: 0, length: 0 } };
  #frozen: EngineStats | undefined;
  #dead = false;

  constructor(observer: EngineObserver) {
    this.#observer = observer;
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** While frozen, what was true at that moment: a hung engine reports no change. */
  stats(): EngineStats {
    return this.#frozen ?? this.#measure();
  }

  /** Requests in flight, also those that a frozen engine does not count. */
  get inFlight(): number {
    return this.#jobs.size;
  }

  /** Resolves when no request is in flight. */
  async idle(signal?: AbortSignal): Promise<void> {
    if (this.#jobs.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const forget = this.#emptied.add(() => resolve());
    try {
      await untilAborted(promise, signal);
    } finally {
      forget();
    }
  }

  admit(request: EngineRequest): RunningRequest {
    const now = performance.now();
    const firstDueMs = request.prefillMs > 0 ? now + request.prefillMs : 0;
    const times = { admittedMs: now, firstDueMs, firstTokenMs: undefined, lastTokenMs: now };
    const job: Job = { request, ...times, given: 0, paused: false, counted: false };
    this.#jobs.add(job);
    if (!this.#frozen) this.#admitted(job);
    return {
      abort: () => this.#drop(job),
      pause: () => {
        job.paused = true;
        this.#wheel.remove(job);
      },
      resume: () => {
        job.paused = false;
        if (this.#jobs.has(job) && !this.#frozen) this.#wheel.add(job, dueMs(job));
      },
    };
  }

  /** Nothing moves any more, and nothing says so. */
  freeze(): void {
    this.#frozen ??= this.#measure();
    for (const job of this.#jobs) this.#wheel.remove(job);
  }

  thaw(): void {
    if (!this.#frozen) return;
    this.#frozen = undefined;
    for (const job of this.#jobs) {
      if (!job.counted) this.#admitted(job);
      else if (!job.paused) this.#wheel.add(job, dueMs(job));
    }
  }

  /** Every request fails; the engine takes no more. */
  die(): void {
    this.#dead = true;
    const jobs = [...this.#jobs];
    this.#jobs.clear();
    this.#wheel.close();
    for (const job of jobs) job.request.onFailed();
  }

  /** As `die`, but nobody is told: the clients wait for ever. */
  dieSilently(): void {
    this.#dead = true;
    this.#jobs.clear();
    this.#wheel.close();
  }

  #measure(): EngineStats {
    let running = 0;
    let kvTokens = 0;
    for (const { request, given } of this.#jobs) {
      running += request.generations.length;
      kvTokens += request.promptTokens + given * request.generations.length;
    }
    return { running, waiting: 0, kvTokens, ...this.#totals, finished: { ...this.#totals.finished } };
  }

  #admitted(job: Job): void {
    job.counted = true;
    this.#totals.promptTokens += job.request.promptTokens;
    this.#wheel.add(job, job.firstDueMs);
  }

  #drop(job: Job): void {
    if (!this.#jobs.delete(job)) return;
    this.#wheel.remove(job);
    if (this.#jobs.size === 0) this.#emptied.emit(undefined);
  }

  #turn(due: Job[], nowMs: number): void {
    let tokens = 0;
    for (const job of due) if (this.#jobs.has(job)) tokens += this.#advance(job, nowMs);
    if (tokens > 0) this.#observer.stepped(tokens);
  }

  /** Gives a job what is due by now; returns the number of tokens. */
  #advance(job: Job, nowMs: number): number {
    const { request } = job;
    const room = (request.haltAt ?? Infinity) - job.given;
    const steps = Math.min(stepsDue(job, nowMs), maxTokensPerTurn, room);
    const tokens = steps > 0 ? this.#give(job, steps, nowMs) : 0;
    if (!this.#jobs.has(job)) return tokens;
    if (request.generations.every((generation) => generation.finish)) {
      this.#finish(job, nowMs);
      return tokens;
    }
    request.onStep();
    if (job.given >= (request.haltAt ?? Infinity)) request.onHalt?.();
    else if (!job.paused) this.#wheel.add(job, dueMs(job));
    return tokens;
  }

  #give(job: Job, steps: number, nowMs: number): number {
    const { request } = job;
    if (job.firstTokenMs === undefined) {
      job.firstTokenMs = nowMs;
      this.#observer.firstToken((nowMs - job.admittedMs) / 1000);
    } else this.#observer.interToken((nowMs - job.lastTokenMs) / 1000 / steps);
    job.lastTokenMs = nowMs;
    job.given += steps;
    let tokens = 0;
    for (const [choice, generation] of request.generations.entries()) {
      if (generation.finish) continue;
      const texts: string[] = [];
      while (texts.length < steps && !generation.finish) texts.push(generation.next());
      tokens += texts.length;
      request.onTokens(choice, texts, generation.finish);
    }
    this.#totals.generationTokens += tokens;
    return tokens;
  }

  #finish(job: Job, nowMs: number): void {
    const { request, admittedMs, firstTokenMs = nowMs } = job;
    for (const { finish } of request.generations) if (finish) this.#totals.finished[finish.reason] += 1;
    const tokens = request.generations.reduce((sum, generation) => sum + generation.produced, 0);
    const times = { prefillS: (firstTokenMs - admittedMs) / 1000, decodeS: (nowMs - firstTokenMs) / 1000, tokens };
    this.#observer.ended(request, times);
    request.onEnd();
    this.#drop(job);
  }
}

function stepsDue(job: Job, nowMs: number): number {
  if (job.request.decodeMs === 0) return maxTokensPerTurn;
  const since = nowMs - (job.firstDueMs || job.admittedMs);
  return Math.max(1, Math.floor(since / job.request.decodeMs) + 1 - job.given);
}

function dueMs(job: Job): number {
  if (job.request.decodeMs === 0) return job.given === 0 ? job.firstDueMs : 0;
  return (job.firstDueMs || job.admittedMs) + job.given * job.request.decodeMs;
}
