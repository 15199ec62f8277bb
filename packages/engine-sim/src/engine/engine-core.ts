// The simulated engine behind the HTTP server: queues requests, produces their tokens at the requested pace, counts.
// Like the real engine, it goes on without a reader, and stops a request at once when it is aborted.

import { Listeners, untilAborted } from '@fairlead/kit';
import { Batch } from './batch.ts';
import {
  defaultLimits,
  type EngineLimits,
  type EngineObserver,
  type EngineRequest,
  type EngineStats,
  type RunningRequest,
} from './engine-request.ts';
import { createJob, dueMs, heldBy, type Job, startJob, stepsDue } from './job.ts';
import { TimerWheel } from './timer-wheel.ts';

export class EngineCore {
  /** Every request in flight. */
  readonly #jobs = new Set<Job>();
  /** The requests with a place in the batch, the oldest first. */
  readonly #running = new Set<Job>();
  /** The requests without a place, in order. */
  readonly #waiting: Job[] = [];
  readonly #wheel = new TimerWheel<Job>((due, nowMs) => this.#turn(due, nowMs));
  readonly #observer: EngineObserver;
  readonly #limits: EngineLimits;
  readonly #batch: Batch;
  readonly #emptied = new Listeners<undefined>();
  readonly #totals = {
    promptTokens: 0,
    generationTokens: 0,
    finished: { stop: 0, length: 0 },
    preempted: 0,
    rejected: 0,
  };
  #frozen: EngineStats | undefined;
  #dead = false;

  constructor(observer: EngineObserver, limits: EngineLimits = defaultLimits) {
    this.#observer = observer;
    this.#limits = limits;
    this.#batch = new Batch(limits);
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** The statistics at the moment of freezing: a hung engine reports no change. */
  stats(): EngineStats {
    return this.#frozen ?? this.#measure();
  }

  /** Requests in flight, including those that a frozen engine does not count. */
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

  /** Whether the queue has room for more sequences. Counts a refusal. */
  hasRoom(sequences: number): boolean {
    if (this.#limits.maxQueued === Infinity) return true;
    let inFlight = sequences;
    for (const job of this.#jobs) inFlight += heldBy(job).sequences;
    if (inFlight <= this.#limits.maxQueued) return true;
    this.#totals.rejected += 1;
    return false;
  }

  admit(request: EngineRequest): RunningRequest {
    const job = createJob(request, performance.now());
    this.#jobs.add(job);
    this.#waiting.push(job);
    this.#schedule();
    return {
      abort: () => this.#drop(job),
      pause: () => {
        job.paused = true;
        this.#wheel.remove(job);
      },
      resume: () => {
        job.paused = false;
        if (this.#running.has(job) && !this.#frozen) this.#wheel.add(job, dueMs(job));
      },
    };
  }

  /** Stops all progress without an error, as in a hung engine. */
  freeze(): void {
    this.#frozen ??= this.#measure();
    for (const job of this.#jobs) this.#wheel.remove(job);
  }

  thaw(): void {
    if (!this.#frozen) return;
    this.#frozen = undefined;
    for (const job of this.#running) if (!job.paused) this.#wheel.add(job, dueMs(job));
    this.#schedule();
  }

  /** Fails every request; the engine takes no more. */
  die(): void {
    this.#dead = true;
    const jobs = [...this.#jobs];
    this.#forget();
    for (const job of jobs) job.request.onFailed();
  }

  /** As `die`, but the clients get no error and wait for ever. */
  dieSilently(): void {
    this.#dead = true;
    this.#forget();
  }

  #forget(): void {
    this.#jobs.clear();
    this.#running.clear();
    this.#waiting.length = 0;
    this.#wheel.close();
    this.#emptied.emit(undefined);
  }

  #measure(): EngineStats {
    const { sequences, kvTokens } = this.#batch;
    const finished = { ...this.#totals.finished };
    return { running: sequences, waiting: this.#waiting.length, kvTokens, ...this.#totals, finished };
  }

  /** First come, first served: a request that does not fit keeps those behind it waiting. */
  #schedule(): void {
    if (this.#frozen) return;
    for (let job = this.#waiting[0]; job && this.#batch.fits(heldBy(job)); job = this.#waiting[0]) {
      this.#waiting.shift();
      this.#start(job);
    }
  }

  #start(job: Job): void {
    if (!job.counted) this.#totals.promptTokens += job.request.promptTokens;
    job.counted = true;
    startJob(job, performance.now());
    this.#batch.take(heldBy(job));
    this.#running.add(job);
    if (!job.paused) this.#wheel.add(job, dueMs(job));
  }

  /** Preempts the youngest requests until the cache holds the rest. They begin again, ahead of requests that never began. */
  #preempt(): void {
    while (this.#batch.overfull && this.#running.size > 1) {
      const youngest = [...this.#running].at(-1) as Job;
      this.#stop(youngest);
      this.#waiting.unshift(youngest);
      this.#totals.preempted += 1;
    }
  }

  /** Releases the job's place. */
  #stop(job: Job): void {
    if (!this.#running.delete(job)) return;
    this.#wheel.remove(job);
    this.#batch.release(heldBy(job));
  }

  #drop(job: Job): void {
    if (!this.#jobs.delete(job)) return;
    const queued = this.#waiting.indexOf(job);
    if (queued >= 0) this.#waiting.splice(queued, 1);
    this.#stop(job);
    this.#schedule();
    if (this.#jobs.size === 0) this.#emptied.emit(undefined);
  }

  #turn(due: Job[], nowMs: number): void {
    let tokens = 0;
    for (const job of due) if (this.#running.has(job)) tokens += this.#advance(job, nowMs);
    if (tokens > 0) this.#observer.stepped(tokens);
    if (this.#batch.overfull) this.#preempt();
  }

  /** Produces the tokens of a job that are due by now; returns their number. */
  #advance(job: Job, nowMs: number): number {
    const { request } = job;
    const room = (request.haltAt ?? Infinity) - job.given;
    const steps = Math.min(stepsDue(job, nowMs), room);
    const tokens = steps > 0 ? this.#give(job, steps, nowMs) : 0;
    if (!this.#running.has(job)) return tokens;
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
    this.#batch.grow(steps * request.generations.length);
    let tokens = 0;
    for (const [choice, generation] of request.generations.entries()) {
      if (generation.finish) continue;
      const texts: string[] = [];
      while (texts.length < steps && !generation.finish) texts.push(generation.next());
      tokens += texts.length;
      request.onTokens(choice, texts, generation.finish);
    }
    this.#totals.generationTokens += tokens;
    this.#observer.produced?.(request, tokens);
    return tokens;
  }

  #finish(job: Job, nowMs: number): void {
    const { request, admittedMs, queuedMs, firstTokenMs = nowMs } = job;
    for (const { finish } of request.generations) if (finish) this.#totals.finished[finish.reason] += 1;
    if (request.generations.length === 0) this.#totals.finished.stop += 1;
    const tokens = request.generations.reduce((sum, generation) => sum + generation.produced, 0);
    const prefillS = Math.max(0, firstTokenMs - admittedMs - queuedMs) / 1000;
    this.#observer.ended(request, {
      queueS: queuedMs / 1000,
      prefillS,
      decodeS: (nowMs - firstTokenMs) / 1000,
      tokens,
    });
    request.onEnd();
    this.#drop(job);
  }
}
