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
import {
  type ProbeAnswer,
  firstHealth,
  type HealthEffect,
  type HealthEvent,
  type HealthState,
  healthTransition,
  type Signs,
} from './health-machine.ts';
import { healthTimes } from './health-times.ts';

export type ProbeEvent =
  | { type: 'probe.answering' }
  | { type: 'probe.succeeded' }
  | { type: 'probe.doubtful'; reason: string }
  /** Said once, and no more of this engine. `closed`: its server takes no connections. */
  | { type: 'probe.hung'; reason: string }
  | { type: 'probe.closed'; reason: string }
  /** The probe itself fails: whether the engine works is unknown, and stays so until a probe succeeds. */
  | { type: 'probe.broken'; reason: string };

export interface ProberOptions {
  /** Rejects where the engine does not say that it is up. */
  checkHealth: (signal: AbortSignal) => Promise<void>;
  /** Undefined where there is nothing to see. */
  readMetrics: (signal: AbortSignal) => Promise<EngineMetrics | undefined>;
  completeOneToken: (signal: AbortSignal) => Promise<void>;
  /** How many pieces of generated answers clients got so far. */
  pieces: () => number;
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

/** Interprets health-machine.ts: one look a turn, and a completion where that asks for one. */
function watchTurn(options: ProberOptions, signal: AbortSignal): () => Promise<number> {
  const { clock, health, log } = options;
  const { probeIntervalSeconds, probeLimitSeconds, probeFailures, stallSeconds } = health;
  const policy = { probeFailures, probeIntervalMs: probeIntervalSeconds * 1000, stallMs: stallSeconds * 1000 };
  const lookIntervalMs = Math.min(healthTimes.lookIntervalMs, policy.probeIntervalMs);
  const asking = { limitMs: probeLimitSeconds * 1000, signal, clock };
  let state: HealthState = firstHealth(clock.monotonicMs());
  let nextMs: number | undefined;
  let unknowns = 0;

  const step = (event: HealthEvent): readonly HealthEffect[] => {
    const { state: next, effects } = healthTransition(state, event, policy);
    state = next;
    for (const effect of effects) tell(effect, options);
    return effects;
  };
  const note = (answer: ProbeAnswer) => {
    if (answer.kind === 'unknown') {
      unknowns += 1;
      if (unknowns === 1) log.warn({ op: 'probe', ok: false, error: answer.reason }, 'cannot ask the engine');
    } else if (unknowns > 0) {
      log.info({ op: 'probe', ok: true, failures: unknowns }, 'can ask the engine again');
      unknowns = 0;
    }
  };

  return async () => {
    const startedMs = clock.monotonicMs();
    if (nextMs !== undefined && startedMs - nextMs > healthTimes.pauseMs)
      step({ type: 'agent.paused', now: startedMs });
    const [signs, server] = await Promise.all([look(options, signal), tried(options.checkHealth, asking)]);
    note(server);
    const effects = step({ type: 'looked', now: clock.monotonicMs(), server, signs });
    if (effects.some(({ type }) => type === 'completion.ask')) {
      const answer = await tried(options.completeOneToken, asking);
      note(answer);
      const after = answer.kind === 'sick' || answer.kind === 'closed' ? await look(options, signal) : signs;
      step({ type: 'completion.ended', now: clock.monotonicMs(), answer, signs: after });
    }
    const waitMs = state.status === 'doubtful' ? Math.min(healthTimes.doubtIntervalMs, lookIntervalMs) : lookIntervalMs;
    nextMs = clock.monotonicMs() + waitMs;
    return waitMs;
  };
}

function tell(effect: HealthEffect, { report }: ProberOptions): void {
  switch (effect.type) {
    case 'tell.working':
      return report({ type: 'probe.succeeded' });
    case 'tell.doubtful':
      return report({ type: 'probe.doubtful', reason: effect.reason });
    case 'tell.hung':
      return report({ type: 'probe.hung', reason: effect.reason });
    case 'tell.closed':
      return report({ type: 'probe.closed', reason: effect.reason });
    case 'completion.ask':
      return;
  }
}

interface Asking {
  limitMs: number;
  signal: AbortSignal;
  clock: Clock;
}

async function look({ readMetrics, onMetrics, pieces, clock }: ProberOptions, signal: AbortSignal): Promise<Signs> {
  let metrics: EngineMetrics | undefined;
  const asking = { limitMs: healthTimes.metricsLimitMs, signal, clock };
  await tried(async (within) => {
    metrics = await readMetrics(within);
  }, asking);
  onMetrics(metrics);
  return { metrics, pieces: pieces() };
}

/** Conditions of this process or of a full accept queue are tried again until the limit. Rejects only when `signal` fires. */
async function tried(
  work: (signal: AbortSignal) => Promise<void>,
  { limitMs, signal, clock }: Asking,
): Promise<ProbeAnswer> {
  using limit = openTimeLimit(clock, limitMs);
  const startedMs = clock.monotonicMs();
  const within = anySignal(signal, limit.signal);
  for (let met: unknown; ;) {
    try {
      await work(within);
      return { kind: 'well' };
    } catch (error) {
      signal.throwIfAborted();
      if (durationOf(error) === 'passing') met = error;
      else if (!limit.signal.aborted) return { kind: isClosed(error) ? 'closed' : 'sick', reason: errorText(error) };
      if (limit.signal.aborted) {
        const tookMs = clock.monotonicMs() - startedMs;
        if (tookMs > limitMs + healthTimes.pauseMs) return { kind: 'unknown', reason: 'this agent was suspended' };
        return met === undefined || isQueueFull(met)
          ? { kind: 'sick', reason: `no answer within ${limitMs / 1000} s` }
          : { kind: 'unknown', reason: errorText(met) };
      }
      await clock.sleep(retryIntervalMs, signal);
    }
  }
}

/** A socket at which no process listens, or whose file is gone. */
function isClosed(error: unknown): boolean {
  const errno = error instanceof Error ? errnoOf(error.cause) : undefined;
  return errno === 'ECONNREFUSED' || errno === 'ENOENT';
}

/** A unix socket whose accept queue is full: the engine takes no connections. */
function isQueueFull(error: unknown): boolean {
  return error instanceof Error && errnoOf(error.cause) === 'EAGAIN';
}
