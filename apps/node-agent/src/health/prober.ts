// Asks the engine whether it works: until its first completion, then for as long as it serves. Reports; decides nothing.

import { anySignal, type Clock, errorText, type Log } from '@fairlead/kit';
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
      const loop = mode === 'until-ready' ? untilReady : watch;
      loop(options, controller.signal).catch((error: unknown) => {
        if (!controller.signal.aborted) log.error({ op: 'probe', mode, error: errorText(error) }, 'probing broke off');
      });
    },
  };

  async function untilReady({ client, completeOneToken, report }: ProberOptions, signal: AbortSignal): Promise<void> {
    for (;;) {
      if (await answersHealth(client, signal)) {
        report({ type: 'probe.answering' });
        const failure = await tried(completeOneToken, FIRST_COMPLETION_LIMIT_MS, signal);
        if (failure === undefined) return report({ type: 'probe.succeeded' });
        log.info({ op: 'probe.first', ok: false, error: failure }, 'the engine answered no first completion yet');
      }
      await clock.sleep(KNOCK_EVERY_MS, signal);
    }
  }
}

async function watch(options: ProberOptions, signal: AbortSignal): Promise<void> {
  const { client, clock, health, report } = options;
  const everyMs = Math.min(METRICS_EVERY_MS, health.probeIntervalSeconds * 1000);
  const limitMs = health.probeLimitSeconds * 1000;
  const stallMs = health.stallSeconds * 1000;
  let memory: ProgressMemory | undefined;
  let provenMs = clock.monotonicMs();
  for (;;) {
    const metrics = await readMetrics(client, limitMs, signal);
    options.onMetrics(metrics);
    const now = clock.monotonicMs();
    const progress = metrics && judgeProgress(memory, { metrics, now }, stallMs);
    memory = progress?.memory;
    const sick = await sickness(client, limitMs, signal);
    if (sick !== undefined) report({ type: 'probe.failed', reason: sick });
    else if (progress?.verdict === 'stalled') {
      report({ type: 'tokens.stalled', forMs: now - progress.memory.sinceMs });
      memory = undefined;
    } else if (progress?.verdict === 'progressed') {
      provenMs = now;
      report({ type: 'tokens.progressed' });
    } else if (progress?.verdict !== 'waiting' && now - provenMs >= health.probeIntervalSeconds * 1000) {
      const failure = await tried(options.completeOneToken, limitMs, signal);
      if (failure === undefined) provenMs = clock.monotonicMs();
      report(failure === undefined ? { type: 'probe.succeeded' } : { type: 'probe.failed', reason: failure });
    }
    await clock.sleep(everyMs, signal);
  }
}

async function answersHealth(client: EngineClient, signal: AbortSignal): Promise<boolean> {
  return (await sickness(client, HEALTH_LIMIT_MS, signal)) === undefined;
}

async function sickness(client: EngineClient, limitMs: number, signal: AbortSignal): Promise<string | undefined> {
  return tried(
    async (within) => {
      const { status } = await client.get('/health', within);
      if (status !== 200) throw new Error(`/health answers ${status}`);
    },
    limitMs,
    signal,
  );
}

async function readMetrics(
  client: EngineClient,
  limitMs: number,
  signal: AbortSignal,
): Promise<EngineMetrics | undefined> {
  let metrics: EngineMetrics | undefined;
  await tried(
    async (within) => {
      const { status, body } = await client.get('/metrics', within);
      if (status === 200) metrics = parseMetrics(body);
    },
    limitMs,
    signal,
  );
  return metrics;
}

/** Undefined when it worked, else why not. Throws only when `signal` fires. */
async function tried(
  work: (signal: AbortSignal) => Promise<void>,
  limitMs: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const limit = AbortSignal.timeout(limitMs);
  try {
    await work(anySignal(signal, limit));
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    return limit.aborted ? `no answer within ${limitMs / 1000} s` : errorText(error);
  }
}
