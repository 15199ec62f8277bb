// The states and events of a serving engine's health, one example of each, for its table.

import type { Machine } from '@fairlead/kit';
import {
  type HealthEffect,
  type HealthEvent,
  type HealthPolicy,
  type HealthState,
  healthTransition,
  type Signs,
} from './health-machine.ts';

export const sampleHealthPolicy: HealthPolicy = { probeIntervalMs: 15_000, probeFailures: 2, stallMs: 30_000 };

const now = 100_000;
const metricsOf = (running: number, generationTokens: number) => ({
  running,
  waiting: 0,
  promptTokens: 5,
  generationTokens,
  kvCacheUsage: 0.5,
});
const idle: Signs = { metrics: metricsOf(0, 7), pieces: 3 };
const busy: Signs = { metrics: metricsOf(2, 7), pieces: 3 };
const moved: Signs = { metrics: metricsOf(2, 8), pieces: 3 };
const recent = { provenMs: now - 1_000, busySinceMs: undefined, seen: idle };
const well = { kind: 'well' } as const;
const sick = { kind: 'sick', reason: 'no answer' } as const;
const closed = { kind: 'closed', reason: 'ECONNREFUSED' } as const;
const unknown = { kind: 'unknown', reason: 'EMFILE' } as const;

/** For the test, and for docs/state-machines.md. */
export const healthMachine: Machine<HealthState, HealthEvent, HealthEffect> = {
  step: (state, event) => healthTransition(state, event, sampleHealthPolicy),
  states: {
    working: { status: 'working', ...recent },
    'working (proof is old)': { status: 'working', ...recent, provenMs: now - 15_000 },
    'working (busy, no sign)': { status: 'working', ...recent, seen: busy, busySinceMs: now - 30_000 },
    doubtful: { status: 'doubtful', failures: 1, ...recent, provenMs: now - 30_000 },
    judged: { status: 'judged' },
  },
  events: {
    'looked (idle)': { type: 'looked', now, server: well, signs: idle },
    'looked (busy)': { type: 'looked', now, server: well, signs: busy },
    'looked (signs moved)': { type: 'looked', now, server: well, signs: moved },
    'looked (no metrics)': { type: 'looked', now, server: well, signs: { metrics: undefined, pieces: 3 } },
    'looked (server sick)': { type: 'looked', now, server: sick, signs: idle },
    'looked (server closed)': { type: 'looked', now, server: closed, signs: idle },
    'looked (cannot ask)': { type: 'looked', now, server: unknown, signs: idle },
    'completion answered': { type: 'completion.ended', now, answer: well, signs: busy },
    'completion failed': { type: 'completion.ended', now, answer: sick, signs: busy },
    'completion failed (signs moved)': { type: 'completion.ended', now, answer: sick, signs: moved },
    'completion failed (server closed)': { type: 'completion.ended', now, answer: closed, signs: busy },
    'completion failed (cannot ask)': { type: 'completion.ended', now, answer: unknown, signs: busy },
    'agent.paused': { type: 'agent.paused', now },
  },
  nameState: ({ status }) => status,
  nameEffect: ({ type }) => type,
};
