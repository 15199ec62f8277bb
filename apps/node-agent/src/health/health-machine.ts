// Decides whether a serving engine works, from what each look at it finds. Pure; prober.ts asks the questions.
// Only a completion, or a counter that moves, proves that an engine works: a vLLM whose EngineCore is frozen answers `/health` with
// 200, and its metrics stand at "nothing runs" even while a request waits.

import { go, stay, type Step } from '@fairlead/kit';
import type { EngineMetrics } from '@fairlead/engines';

/**
 * `closed`: the engine's server takes no connections, so its process is ending or is gone. `unknown`: this process could not ask
 * (no descriptors, no memory, it was suspended), which says nothing about the engine.
 */
export type ProbeAnswer = { kind: 'well' } | { kind: 'sick' | 'closed' | 'unknown'; reason: string };
type Failed = Extract<ProbeAnswer, { reason: string }>;

/** What moves while an engine works. */
export interface Signs {
  /** Undefined where there are none to see, or the page was too slow, too large or not readable. */
  metrics: EngineMetrics | undefined;
  /** Pieces of generated answers that clients got so far. */
  pieces: number;
}

interface Watched {
  /** When the engine last showed that it works; milliseconds of the monotonic clock, as all times here. */
  provenMs: number;
  /** Since when requests run and no sign moves; undefined while nothing runs. */
  busySinceMs: number | undefined;
  seen: Signs;
}

export type HealthState =
  | ({ status: 'working' } & Watched)
  | ({ status: 'doubtful'; failures: number } & Watched)
  /** The verdict was told: the engine hung, or has closed. */
  | { status: 'judged' };

/** `now` rides on every event. */
export type HealthEvent = { now: number } & (
  | { type: 'looked'; server: ProbeAnswer; signs: Signs }
  | { type: 'completion.ended'; answer: ProbeAnswer; signs: Signs }
  /** This process was suspended: all times begin anew. */
  | { type: 'agent.paused' }
);

export type HealthEffect =
  /** Answered by `completion.ended`. */
  | { type: 'completion.ask' }
  | { type: 'tell.working' }
  | { type: 'tell.doubtful'; reason: string }
  | { type: 'tell.hung'; reason: string }
  | { type: 'tell.closed'; reason: string };

export interface HealthPolicy {
  probeIntervalMs: number;
  probeFailures: number;
  stallMs: number;
}

type HealthStep = Step<HealthState, HealthEffect>;
type Alive = Exclude<HealthState, { status: 'judged' }>;

export function firstHealth(now: number, signs: Signs = { metrics: undefined, pieces: 0 }): HealthState {
  return { status: 'working', provenMs: now, busySinceMs: undefined, seen: signs };
}

export function healthTransition(state: HealthState, event: HealthEvent, policy: HealthPolicy): HealthStep {
  if (state.status === 'judged') return stay(state);
  switch (event.type) {
    case 'agent.paused':
      return go(firstHealth(event.now));
    case 'looked':
      return look(state, event, policy);
    case 'completion.ended':
      return judgeCompletion(state, event, policy);
  }
}

function look(
  before: Alive,
  { now, server, signs }: Extract<HealthEvent, { type: 'looked' }>,
  policy: HealthPolicy,
): HealthStep {
  const state: Alive = { ...before, ...watch(before, signs, now) };
  if (hasMoved(before.seen, signs)) return prove(state, now);
  if (server.kind === 'unknown') return go(state);
  if (server.kind !== 'well') return fail(state, server, policy);
  const isDue =
    state.busySinceMs === undefined
      ? state.status === 'doubtful' || now - state.provenMs >= policy.probeIntervalMs
      : now - state.busySinceMs >= policy.stallMs;
  return isDue ? go(state, { type: 'completion.ask' }) : go(state);
}

function judgeCompletion(
  before: Alive,
  { now, answer, signs }: Extract<HealthEvent, { type: 'completion.ended' }>,
  policy: HealthPolicy,
): HealthStep {
  const state: Alive = { ...before, seen: { ...signs, metrics: signs.metrics ?? before.seen.metrics } };
  if (answer.kind === 'well' || hasMoved(before.seen, signs)) return prove(state, now);
  if (answer.kind === 'unknown') return go(state);
  if (state.busySinceMs === undefined || answer.kind === 'closed') return fail(state, answer, policy);
  // Two findings agree: no sign for the whole limit, and no answer.
  const seconds = Math.round((now - state.busySinceMs) / 1000);
  return hang(`no token for ${seconds} s with requests running, and a completion failed: ${answer.reason}`);
}

function watch({ busySinceMs, seen }: Alive, signs: Signs, now: number): Pick<Watched, 'busySinceMs' | 'seen'> {
  const { metrics } = signs;
  const isBusy = metrics !== undefined && metrics.running + metrics.waiting > 0;
  return {
    busySinceMs: isBusy ? (busySinceMs ?? now) : undefined,
    seen: { ...signs, metrics: metrics ?? seen.metrics },
  };
}

/**
 * A step of the engine shows in its tokens or in its cache: a prompt of 100,000 tokens fills the cache step by step, long
 * before its tokens are counted. How many requests run is no sign: a server counts what its frozen engine never sees.
 */
function hasMoved(before: Signs, now: Signs): boolean {
  if (now.pieces > before.pieces) return true;
  if (!before.metrics || !now.metrics) return false;
  return tokensOf(now.metrics) > tokensOf(before.metrics) || now.metrics.kvCacheUsage !== before.metrics.kvCacheUsage;
}

function tokensOf({ promptTokens, generationTokens }: EngineMetrics): number {
  return promptTokens + generationTokens;
}

function prove(state: Alive, now: number): HealthStep {
  const { seen } = state;
  const busySinceMs = state.busySinceMs === undefined ? undefined : now;
  return go({ status: 'working', provenMs: now, busySinceMs, seen }, { type: 'tell.working' });
}

function fail(state: Alive, { kind, reason }: Failed, policy: HealthPolicy): HealthStep {
  const failures = state.status === 'doubtful' ? state.failures + 1 : 1;
  if (failures >= policy.probeFailures)
    return kind === 'closed' ? go({ status: 'judged' }, { type: 'tell.closed', reason }) : hang(reason);
  const { provenMs, busySinceMs, seen } = state;
  return go({ status: 'doubtful', failures, provenMs, busySinceMs, seen }, { type: 'tell.doubtful', reason });
}

function hang(reason: string): HealthStep {
  return go({ status: 'judged' }, { type: 'tell.hung', reason });
}
