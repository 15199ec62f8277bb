// Asks the engine whether it works: until its first completion, then for as long as it serves. Reports; decides nothing.

import { anySignal, type Clock, detach, durationOf, errnoOf, errorText, type Log, repeatTurns } from '@fairlead/kit';
import type { HealthSpec } from '@fairlead/protocol';
import type { EngineClient } from '../engine/engine-client.ts';
import { type EngineMetrics, parseMetrics } from '../engine/parse-metrics.ts';
import { judgeProgress, type ProgressMemory } from './judge-progress.ts';

export type ProbeReport =
  | { type: 'probe.answering' }
  | { type: 'probe.succeeded' }
  | { type: 'probe.failed'; reason: string }
  | { type: 'tokens.progressed' }
  | { type: 'tokens.stalled'; forMs: number };

export interface ProberOptions {
  client: EngineClient;
  completeOneToken: (signal: AbortSignal) => Promise<void>;
  health: HealthSpec;
  clock: Clock;
  log: Log;
  report: (report: ProbeReport) => void;
  /** Each look at /metrics; undefined when there is nothing to see. */
  onMetrics: (metrics: EngineMetrics | undefined) => void;
}

export interface Prober {
  start: (mode: 'until-ready' | 'watch') => void;
  stop: () => void;
}

const KNOCK_EVERY_MS = 100;
const HEALTH_LIMIT_MS = 5_000;
/** The first completion may compile kernels. */
const FIRST_COMPLETION_LIMIT_MS = 120_000;
const METRICS_EVERY_MS = 5_000;
const ASK_AGAIN_MS = 250;

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
      detach(repeatTurns(turn, loop));
    },
  };
}

/** Fires `over` when the engine has answered its first completion. */
function untilReadyTurn(
  { client, completeOneToken, report, log, clock }: ProberOptions,
  signal: AbortSignal,
  over: AbortController,
): () => Promise<number> {
  return async () => {
    const health = await askHealth(client, { limitMs: HEALTH_LIMIT_MS, signal, clock });
    if (health.kind === 'well') {
      report({ type: 'probe.answering' });
      const first = await tried(completeOneToken, { limitMs: FIRST_COMPLETION_LIMIT_MS, signal, clock });
      if (first.kind === 'well') {
        over.abort();
        report({ type: 'probe.succeeded' });
      } else
        log.info({ op: 'probe.first', ok: false, error: first.reason }, 'the engine answered no first completion yet');
    }
    return KNOCK_EVERY_MS;
  };
}

function watchTurn(options: ProberOptions, signal: AbortSignal): () => Promise<number> {
  const { client, clock, health, log, report } = options;
  const everyMs = Math.min(METRICS_EVERY_MS, health.probeIntervalSeconds * 1000);
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
    const metrics = await readMetrics(client, asking);
    options.onMetrics(metrics);
    const now = clock.monotonicMs();
    const progress = metrics && judgeProgress(memory, { metrics, now }, stallMs);
    memory = progress?.memory;
    const alive = await askHealth(client, asking);
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

function askHealth(client: EngineClient, asking: Asking): Promise<ProbeOutcome> {
  return tried(async (within) => {
    const { status } = await client.get('/health', within);
    if (status !== 200) throw new Error(`/health answers ${status}`);
  }, asking);
}

async function readMetrics(client: EngineClient, asking: Asking): Promise<EngineMetrics | undefined> {
  let metrics: EngineMetrics | undefined;
  await tried(async (within) => {
    const { status, body } = await client.get('/metrics', within);
    if (status === 200) metrics = parseMetrics(body);
  }, asking);
  return metrics;
}

/** Conditions of this process or of a full accept queue are tried again until the limit. Rejects only when `signal` fires. */
async function tried(
  work: (signal: AbortSignal) => Promise<void>,
  { limitMs, signal, clock }: Asking,
): Promise<ProbeOutcome> {
  const limit = AbortSignal.timeout(limitMs);
  const within = anySignal(signal, limit);
  for (let met: unknown; ;) {
    try {
      await work(within);
      return { kind: 'well' };
    } catch (error) {
      signal.throwIfAborted();
      if (durationOf(error) === 'passing') met = error;
      else if (!limit.aborted) return { kind: 'sick', reason: errorText(error) };
      if (limit.aborted) {
        return met === undefined || isQueueFull(met)
          ? { kind: 'sick', reason: `no answer within ${limitMs / 1000} s` }
          : { kind: 'unknown', reason: errorText(met) };
      }
      await clock.sleep(ASK_AGAIN_MS, signal);
    }
  }
}

/** A unix socket whose accept queue is full: the engine takes no connections. */
function isQueueFull(error: unknown): boolean {
  return error instanceof Error && errnoOf(error.cause) === 'EAGAIN';
}
