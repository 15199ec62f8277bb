// Asks the engine whether it works: until its first completion, then for as long as it serves. Reports; decides nothing.

import {
  anySignal,
  type Clock,
  detach,
  durationOf,
  errnoOf,
  errorText,
  type Log,
  openTimeLimit,
  repeatTurns,
} from '@fairlead/kit';
import type { HealthSpec } from '@fairlead/protocol';
import type { EngineMetrics } from '@fairlead/engines';
import { judgeProgress, type ProgressMemory } from './judge-progress.ts';

export type ProbeEvent =
  | { type: 'probe.answering' }
  | { type: 'probe.succeeded' }
  | { type: 'probe.failed'; reason: string }
  /** The probe itself fails: whether the engine works is unknown, and stays so until a probe succeeds. */
  | { type: 'probe.broken'; reason: string }
  | { type: 'tokens.progressed' }
  | { type: 'tokens.stalled'; forMs: number };

export interface ProberOptions {
  /** Rejects where the engine does not say that it is up. */
  checkHealth: (signal: AbortSignal) => Promise<void>;
  /** Undefined where there is nothing to see. */
  readMetrics: (signal: AbortSignal) => Promise<EngineMetrics | undefined>;
  completeOneToken: (signal: AbortSignal) => Promise<void>;
  health: HealthSpec;
  clock: Clock;
  log: Log;
  report: (report: ProbeEvent) => void;
  /** Each look at the engine's load; undefined when there is nothing to see. */
  onMetrics: (metrics: EngineMetrics | undefined) => void;
}

export interface Prober {
  start: (mode: 'until-ready' | 'watch') => void;
  stop: () => void;
}

const knockIntervalMs = 100;
const healthTimeoutMs = 5_000;
/** The first completion may compile kernels. */
const firstCompletionTimeoutMs = 120_000;
const metricsIntervalMs = 5_000;
const retryIntervalMs = 250;

export function createProber(options: ProberOptions): Prober {
  const { clock, log } = options;
  let running: AbortController | undefined;
  const stop = () => {
    running?.abort(new Error('probing was stopped'));
    running = undefined;
    options.onMetrics(undefined);
  };
  return {
    stop,
    start(mode) {
      stop();
      const controller = new AbortController();
      running = controller;
      const { signal } = controller;
      const over = new AbortController();
      const turn = mode === 'until-ready' ? untilReadyTurn(options, signal, over) : watchTurn(options, signal);
      const loop = { op: `probe.${mode}`, clock, log, signal: anySignal(signal, over.signal) };
      detach(repeatTurns(() => reportBreak(turn, options, signal), loop));
    },
  };
}

/** Settles as `turn` does; a turn that throws is reported too, so that an instance without working probes is not called ready. */
async function reportBreak(
  turn: () => Promise<number>,
  { report }: ProberOptions,
  signal: AbortSignal,
): Promise<number> {
  try {
    return await turn();
  } catch (error) {
    if (!signal.aborted)
      report({ type: 'probe.broken', reason: `the agent cannot probe the engine: ${errorText(error)}` });
    throw error;
  }
}

/** Fires `over` when the engine has answered its first completion. */
function untilReadyTurn(
  { checkHealth, completeOneToken, report, log, clock }: ProberOptions,
  signal: AbortSignal,
  over: AbortController,
): () => Promise<number> {
  return async () => {
    const health = await tried(checkHealth, { limitMs: healthTimeoutMs, signal, clock });
    if (health.kind === 'well') {
      report({ type: 'probe.answering' });
      const first = await tried(completeOneToken, { limitMs: firstCompletionTimeoutMs, signal, clock });
      if (first.kind === 'well') {
        over.abort();
        report({ type: 'probe.succeeded' });
      } else
        log.info({ op: 'probe.first', ok: false, error: first.reason }, 'the engine answered no first completion yet');
    }
    return knockIntervalMs;
  };
}

function watchTurn(options: ProberOptions, signal: AbortSignal): () => Promise<number> {
  const { clock, health, log, report } = options;
  const everyMs = Math.min(metricsIntervalMs, health.probeIntervalSeconds * 1000);
  const asking = { limitMs: health.probeLimitSeconds * 1000, signal, clock };
  const stallMs = health.stallSeconds * 1000;
  let memory: ProgressMemory | undefined;
  let provenMs = clock.monotonicMs();
  let unknowns = 0;

  const failed = (outcome: Exclude<ProbeOutcome, { kind: 'well' }>) => {
    if (outcome.kind === 'sick') return report({ type: 'probe.failed', reason: outcome.reason });
    unknowns += 1;
    if (unknowns === 1) log.warn({ op: 'probe', ok: false, error: outcome.reason }, 'cannot ask the engine');
  };

  return async () => {
    const metrics = await metricsOf(options, asking);
    options.onMetrics(metrics);
    const now = clock.monotonicMs();
    const progress = metrics && judgeProgress(memory, { metrics, now }, stallMs);
    memory = progress?.memory;
    const alive = await tried(options.checkHealth, asking);
    if (alive.kind !== 'well') failed(alive);
    else if (progress?.verdict === 'stalled') {
      report({ type: 'tokens.stalled', forMs: now - progress.memory.sinceMs });
      memory = undefined;
    } else if (progress?.verdict === 'progressed') {
      provenMs = now;
      report({ type: 'tokens.progressed' });
    } else if (progress?.verdict !== 'waiting' && now - provenMs >= health.probeIntervalSeconds * 1000) {
      const completion = await tried(options.completeOneToken, asking);
      if (completion.kind === 'well') {
        provenMs = clock.monotonicMs();
        report({ type: 'probe.succeeded' });
      } else failed(completion);
    }
    if (alive.kind === 'well' && unknowns > 0) {
      log.info({ op: 'probe', ok: true, failures: unknowns }, 'can ask the engine again');
      unknowns = 0;
    }
    return everyMs;
  };
}

/** `unknown`: this process could not ask (no descriptors, no memory), which says nothing about the engine. */
type ProbeOutcome = { kind: 'well' } | { kind: 'sick'; reason: string } | { kind: 'unknown'; reason: string };

interface Asking {
  limitMs: number;
  signal: AbortSignal;
  clock: Clock;
}

async function metricsOf({ readMetrics }: ProberOptions, asking: Asking): Promise<EngineMetrics | undefined> {
  let metrics: EngineMetrics | undefined;
  await tried(async (within) => {
    metrics = await readMetrics(within);
  }, asking);
  return metrics;
}

/** Conditions of this process or of a full accept queue are tried again until the limit. Rejects only when `signal` fires. */
async function tried(
  work: (signal: AbortSignal) => Promise<void>,
  { limitMs, signal, clock }: Asking,
): Promise<ProbeOutcome> {
  using limit = openTimeLimit(clock, limitMs);
  const within = anySignal(signal, limit.signal);
  for (let met: unknown; ;) {
    try {
      await work(within);
      return { kind: 'well' };
    } catch (error) {
      signal.throwIfAborted();
      if (durationOf(error) === 'passing') met = error;
      else if (!limit.signal.aborted) return { kind: 'sick', reason: errorText(error) };
      if (limit.signal.aborted) {
        return met === undefined || isQueueFull(met)
          ? { kind: 'sick', reason: `no answer within ${limitMs / 1000} s` }
          : { kind: 'unknown', reason: errorText(met) };
      }
      await clock.sleep(retryIntervalMs, signal);
    }
  }
}

/** A unix socket whose accept queue is full: the engine takes no connections. */
function isQueueFull(error: unknown): boolean {
  return error instanceof Error && errnoOf(error.cause) === 'EAGAIN';
}
