// One request inside the engine: its state and the time of its next token.

import type { SlotUse } from './batch.ts';
import type { EngineRequest } from './engine-request.ts';
import type { WheelJob } from './timer-wheel.ts';

export interface Job extends WheelJob {
  request: EngineRequest;
  /** The time of its arrival. */
  admittedMs: number;
  /** The time at which it last left the queue; undefined while it waits. */
  startedMs: number | undefined;
  /** The sum of its waits. */
  queuedMs: number;
  /** The time of the first token, from which the pace counts; 0 for at once. */
  firstDueMs: number;
  firstTokenMs: number | undefined;
  lastTokenMs: number;
  given: number;
  paused: boolean;
  /** Whether the statistics count it: a frozen engine accepts requests that it does not count. */
  counted: boolean;
}

/** The most tokens of one request in one turn, so that a fast stream cannot starve the others. */
const maxTokensPerTurn = 64;

export function createJob(request: EngineRequest, nowMs: number): Job {
  const times = { admittedMs: nowMs, startedMs: undefined, queuedMs: 0, firstDueMs: 0, lastTokenMs: nowMs };
  return { request, ...times, firstTokenMs: undefined, given: 0, paused: false, counted: false };
}

/** Begins the prefill; after a preemption the whole prefill runs again. */
export function startJob(job: Job, nowMs: number): void {
  const { prefillMs, decodeMs } = job.request;
  job.queuedMs += nowMs - (job.startedMs ?? job.admittedMs);
  job.startedMs = nowMs;
  const behind = job.given * decodeMs;
  job.firstDueMs = prefillMs > 0 || behind > 0 ? nowMs + prefillMs - behind : 0;
}

export function heldBy({ request, given }: Job): SlotUse {
  const sequences = Math.max(1, request.generations.length);
  return { sequences, kvTokens: request.promptTokens + given * request.generations.length };
}

export function stepsDue(job: Job, nowMs: number): number {
  if (job.request.decodeMs === 0) return maxTokensPerTurn;
  const since = nowMs - (job.firstDueMs || (job.startedMs ?? nowMs));
  const steps = Math.floor(since / job.request.decodeMs) + 1 - job.given;
  return Math.min(maxTokensPerTurn, Math.max(1, steps));
}

export function dueMs(job: Job): number {
  if (job.request.decodeMs === 0) return job.given === 0 ? job.firstDueMs : 0;
  return (job.firstDueMs || (job.startedMs ?? 0)) + job.given * job.request.decodeMs;
}
