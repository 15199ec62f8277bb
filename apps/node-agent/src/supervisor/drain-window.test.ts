// The warning that is asked of the scheduler, the agent's alarm and what a signal means, together: whatever comes first, a
// job of any length begins its drain at the same time, once.

import { warningSeconds } from '@fairlead/scheduler';
import { describe, expect, it } from 'vitest';
import { firstState, type SupervisorEvent, type SupervisorPolicy, type SupervisorState } from './supervisor-state.ts';
import { samplePolicy } from './transition-table.ts';
import { transition } from './transition.ts';

type Bare<E> = E extends SupervisorEvent ? Omit<E, 'now'> : never;

const startMs = 1_795_222_770_000;
const wantedMs = 120_000;

/** Runs a job of this length to its drain, the alarm at its time and the scheduler's warning so much ahead of its own. */
function drainOf(limitMs: number, leadMs: number) {
  const policy: SupervisorPolicy = { ...samplePolicy, drainMs: wantedMs, jobStartMs: startMs };
  const endMs = startMs + limitMs;
  const warnedMs = Math.max(startMs + 3, endMs - warningSeconds(limitMs, wantedMs) * 1000 - leadMs);
  let state: SupervisorState = firstState;
  let alarmMs: number | undefined;
  let begunMs: number | undefined;
  const send = (now: number, event: Bare<SupervisorEvent>) => {
    const step = transition(state, { ...event, now } as SupervisorEvent, policy);
    state = step.state;
    for (const effect of step.effects) {
      if (effect.type === 'alarm.set') alarmMs = effect.atMs;
      if (effect.type === 'front.drain' || effect.type === 'engine.end') begunMs ??= now;
    }
  };
  send(startMs, { type: 'deadline.learned', deadlineMs: endMs });
  send(startMs + 1, { type: 'start.due' });
  send(startMs + 2, { type: 'probe.succeeded' });
  const warning = { atMs: warnedMs, event: { type: 'signal.received', signal: 'SIGUSR2' } } as const;
  const alarm = { atMs: alarmMs ?? Number.NaN, event: { type: 'deadline.near' } } as const;
  for (const { atMs, event } of [warning, alarm].sort((a, b) => a.atMs - b.atMs)) send(atMs, event);
  return { state, begunMs, endMs };
}

const limitsMinutes = [1, 2, 3, 5, 7, 8, 9, 15, 60, 240, 1440, 10_080];

describe.each(limitsMinutes)('a job of %d minutes', (minutes) => {
  const lastsMs = Math.min(wantedMs, minutes * 15_000);

  // Slurm's may be a minute early, the local scheduler's is on time; both may be a little late.
  it.each([60_000, 59_000, 30_000, 1_000, 0, -900])(
    'drains at its time when the warning has %d ms of lead',
    (leadMs) => {
      const { state, begunMs, endMs } = drainOf(minutes * 60_000, leadMs);
      expect(begunMs).toBe(endMs - lastsMs);
      expect(state).toMatchObject({ status: 'draining', step: 'requests', cause: { code: 'deadline' } });
    },
  );

  it('leaves its requests time to end', () => {
    const { state, endMs } = drainOf(minutes * 60_000, 0);
    if (state.status !== 'draining') throw new Error(`it is ${state.status}`);
    expect(state.untilMs).toBeGreaterThan(endMs - lastsMs);
    expect(state.untilMs).toBeLessThan(endMs);
  });
});
