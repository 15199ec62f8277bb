import { listTransitions, renderTransitions } from '@fairlead/kit';
import { describe, expect, it } from 'vitest';
import { samplePolicy, supervisorMachine } from './transition-table.ts';
import { transition } from './transition.ts';
import {
  firstState,
  type SupervisorEffect,
  type SupervisorEvent,
  type SupervisorPolicy,
  type SupervisorState,
} from './supervisor-state.ts';

const failure = { message: 'died', fatal: false, lastLines: ['boom'] };

type Bare<E> = E extends SupervisorEvent ? Omit<E, 'now'> : never;

/** Runs events in order, a second apart, and keeps every effect. */
function play(
  events: Array<Bare<SupervisorEvent>>,
  { from = firstState, policy = samplePolicy }: { from?: SupervisorState; policy?: SupervisorPolicy } = {},
): { state: SupervisorState; effects: SupervisorEffect[] } {
  let state = from;
  const effects: SupervisorEffect[] = [];
  for (const [index, event] of events.entries()) {
    const step = transition(state, { ...event, now: index * 1000 } as SupervisorEvent, policy);
    state = step.state;
    effects.push(...step.effects);
  }
  return { state, effects };
}

const typesOf = (effects: SupervisorEffect[]) => effects.map((effect) => effect.type);
const readyEvents: Array<Bare<SupervisorEvent>> = [{ type: 'start.due' }, { type: 'probe.succeeded' }];

describe('the table of every state and event', () => {
  const rows = listTransitions(supervisorMachine);

  it('has a row for each pair and is the one that was read and agreed to', async () => {
    await expect(renderTransitions(supervisorMachine)).toMatchFileSnapshot('./transition-table.snapshot.md');
  });

  it('never leaves an ended state', () => {
    for (const row of rows.filter(({ from }) => from.status === 'stopped' || from.status === 'failed')) {
      expect(row, row.event).toMatchObject({ next: row.state, effects: [] });
    }
  });

  it('keeps the first cause of an end', () => {
    for (const { from, step, event } of rows.filter((row) => row.from.status === 'draining')) {
      expect(step.state, event).toMatchObject({ cause: { message: 'first cause' } });
      expect(from.status).toBe('draining');
    }
  });

  it('exits exactly where an ended state is reached', () => {
    for (const row of rows) {
      const ends = row.state !== row.next && (row.next === 'stopped' || row.next === 'failed');
      expect(
        row.effects.some((effect) => effect.startsWith('exit')),
        `${row.state} × ${row.event}`,
      ).toBe(ends);
    }
  });

  it('spawns an engine only where none is', () => {
    const spawning = rows.filter((row) => row.effects.includes('engine.spawn'));
    expect(spawning.map((row) => row.state)).toEqual(['starting (engine down)', 'degraded (engine down)']);
  });

  it('opens the front only on the way to ready', () => {
    const opening = rows.filter((row) => row.effects.includes('front.admit serving'));
    expect(new Set(opening.map((row) => row.next))).toEqual(new Set(['ready']));
  });
});

describe('transition', () => {
  it('is ready only after a completion', () => {
    expect(play([{ type: 'start.due' }, { type: 'engine.phase', phase: 'probing' }]).state.status).toBe('starting');
    expect(play(readyEvents).state.status).toBe('ready');
  });

  it('treats every exit that was not asked for as a failure and starts again', () => {
    const { state, effects } = play([...readyEvents, { type: 'engine.exited', failure }, { type: 'engine.gone' }]);
    expect(state).toMatchObject({ status: 'degraded', engine: 'down', reason: 'died' });
    expect(effects.at(-1)).toEqual({ type: 'start.later', attempt: 0 });
  });

  it('gives up after the crash limit and names cause and last lines', () => {
    const crash: Array<Bare<SupervisorEvent>> = [
      { type: 'start.due' },
      { type: 'engine.exited', failure },
      { type: 'engine.gone' },
    ];
    const { state, effects } = play([...crash, ...crash, ...crash, ...crash]);
    expect(state).toMatchObject({
      status: 'failed',
      cause: { code: 'engine_crash_loop', message: expect.stringContaining('died'), lastLines: ['boom'] },
    });
    expect(effects.at(-1)).toEqual({ type: 'exit', exit: 'engine_crash_loop' });
  });

  it('forgets starts that lie outside the window', () => {
    const policy = { ...samplePolicy, crashLimit: 2, crashWindowMs: 1500 };
    const crash: Array<Bare<SupervisorEvent>> = [
      { type: 'start.due' },
      { type: 'engine.exited', failure },
      { type: 'engine.gone' },
    ];
    expect(play([...crash, ...crash, ...crash], { policy }).state.status).toBe('starting');
  });

  it('does not start again what cannot start', () => {
    const { state, effects } = play([
      { type: 'start.due' },
      { type: 'engine.exited', failure: { ...failure, fatal: true } },
      { type: 'engine.gone' },
    ]);
    expect(state).toMatchObject({ status: 'failed', cause: { code: 'engine_start_failed' } });
    expect(typesOf(effects)).not.toContain('start.later');
  });

  it('tries a spawn again that fails at a restart of an instance that served, whatever failed, up to the crash limit', () => {
    const failed: Array<Bare<SupervisorEvent>> = [
      { type: 'start.due' },
      { type: 'engine.spawn_failed', failure: { ...failure, fatal: true } },
    ];
    const died: Array<Bare<SupervisorEvent>> = [{ type: 'engine.exited', failure }, { type: 'engine.gone' }];
    const { state, effects } = play([...readyEvents, ...died, ...failed]);
    expect(state).toMatchObject({ status: 'degraded', engine: 'down', reason: 'died' });
    expect(effects.at(-1)).toEqual({ type: 'start.later', attempt: 1 });
    const often = play([...readyEvents, ...died, ...failed, ...failed, ...failed, { type: 'engine.gone' }]);
    expect(often.state).toMatchObject({ status: 'failed', cause: { code: 'engine_crash_loop' } });
    expect(play([...failed, { type: 'engine.gone' }]).state).toMatchObject({ cause: { code: 'engine_start_failed' } });
  });

  it('starts no engine beside one that does not die, and says so', () => {
    const died: Array<Bare<SupervisorEvent>> = [
      { type: 'engine.exited', failure },
      { type: 'engine.stuck', pids: [7, 8] },
      { type: 'start.due' },
    ];
    const { state, effects } = play([...readyEvents, ...died]);
    expect(state).toMatchObject({ status: 'degraded', engine: 'ending' });
    expect(effects.at(-1)).toMatchObject({ kind: 'engine.stuck', message: expect.stringContaining('processes 7, 8') });
    expect(play([{ type: 'engine.gone' }], { from: state }).state).toMatchObject({ engine: 'down' });
  });

  it('keeps a doubtful engine, and restarts a hung one', () => {
    const doubtful = { type: 'probe.doubtful', reason: 'no answer' } as const;
    const hang = { type: 'probe.hung', reason: 'no answer' } as const;
    expect(play([...readyEvents, doubtful, doubtful]).state).toMatchObject({ status: 'degraded', engine: 'serving' });
    expect(play([...readyEvents, doubtful, { type: 'probe.succeeded' }]).state.status).toBe('ready');
    for (const before of [[], [doubtful]]) {
      const hung = play([...readyEvents, ...before, hang]);
      expect(hung.state).toMatchObject({ status: 'degraded', engine: 'ending', reason: 'the engine hangs: no answer' });
      expect(typesOf(hung.effects)).toContain('engine.end');
    }
  });

  it('restarts an engine that has closed its server, by the reason that its log gives', () => {
    const closed = { type: 'probe.closed', failure: { ...failure, message: 'its worker was killed' } } as const;
    const { state, effects } = play([...readyEvents, { type: 'probe.doubtful', reason: 'ECONNREFUSED' }, closed]);
    expect(state).toMatchObject({ status: 'degraded', engine: 'ending', reason: 'its worker was killed' });
    expect(effects).toContainEqual({ type: 'note', kind: 'engine.closed', message: 'its worker was killed' });
    expect(typesOf(effects)).not.toContain('engine.report');
    const ended = play([{ type: 'engine.exited', failure }], { from: state });
    expect(ended.state).toMatchObject({ reason: 'its worker was killed' });
  });

  it('arms the ready limit once for all tries of a start, and again when a ready engine dies', () => {
    const count = (effects: SupervisorEffect[]) =>
      effects.filter((effect) => effect.type === 'timer.set' && effect.timer === 'ready-limit').length;
    const retry: Array<Bare<SupervisorEvent>> = [
      { type: 'start.due' },
      { type: 'engine.exited', failure },
      { type: 'engine.gone' },
    ];
    expect(count(play([...retry, ...retry]).effects)).toBe(1);
    expect(count(play([...readyEvents, ...retry.slice(1), ...retry]).effects)).toBe(2);
  });

  it('lets requests end before it ends the engine', () => {
    const draining = play([...readyEvents, { type: 'drain.ordered' }]);
    expect(draining.state).toMatchObject({ status: 'draining', step: 'requests' });
    expect(typesOf(draining.effects)).not.toContain('engine.end');
    const idle = play([{ type: 'front.idle' }, { type: 'engine.gone' }], { from: draining.state });
    expect(idle.state.status).toBe('stopped');
    expect(idle.effects.at(-1)).toEqual({ type: 'exit', exit: 'ended' });
  });

  it('shortens a drain for a SIGTERM but never lengthens it', () => {
    const from: SupervisorState = {
      status: 'draining',
      step: 'requests',
      untilMs: 300_000,
      cause: { code: 'requested', message: 'first' },
      exit: 'ended',
    };
    const term = play([{ type: 'signal.received', signal: 'SIGTERM' }], { from });
    expect(term.state).toMatchObject({ untilMs: 19_000, hardMs: 29_000, cause: { message: 'first' } });
    const longer = play([{ type: 'drain.ordered', untilMs: 900_000 }], { from });
    expect(longer.state).toEqual(from);
  });

  it('ends the engine within what the kill after a SIGTERM leaves', () => {
    const policy = { ...samplePolicy, killWaitMs: 5000 };
    const { effects } = play([...readyEvents, { type: 'signal.received', signal: 'SIGTERM' }, { type: 'front.idle' }], {
      policy,
    });
    expect(effects.at(-1)).toEqual({ type: 'engine.end', limitMs: 3000 });
  });

  it('keeps the deadline through every event, and sets the alarm anew when the limit changes', () => {
    const learned = (deadlineMs: number | undefined) => ({ type: 'deadline.learned', deadlineMs }) as const;
    const { state, effects } = play([
      learned(500_000),
      ...readyEvents,
      { type: 'probe.doubtful', reason: 'no answer' },
    ]);
    expect(state).toMatchObject({ status: 'degraded', deadlineMs: 500_000 });
    expect(effects[0]).toEqual({ type: 'alarm.set', atMs: 380_000 });
    expect(play([learned(900_000)], { from: state }).effects).toEqual([{ type: 'alarm.set', atMs: 780_000 }]);
    const lifted = play([learned(undefined)], { from: state });
    expect(lifted.effects).toEqual([{ type: 'alarm.clear' }]);
    expect(lifted.state).not.toHaveProperty('deadlineMs');
  });

  it('calls a warning signal near the deadline the deadline, and an early one a request', () => {
    const after = (deadlineMs: number) =>
      play([...readyEvents, { type: 'deadline.learned', deadlineMs }, { type: 'signal.received', signal: 'SIGUSR2' }]);
    expect(after(110_000).state).toMatchObject({ status: 'draining', cause: { code: 'deadline' } });
    expect(after(9_000_000).state).toMatchObject({ status: 'draining', cause: { code: 'requested' } });
  });

  it('calls a warning signal a preemption where Slurm says so, and leaves most of the grace time to the requests', () => {
    const why = { code: 'preempted', message: 'Slurm preempted the job' } as const;
    const { state, effects } = play([
      ...readyEvents,
      { type: 'deadline.learned', deadlineMs: 18_000 },
      { type: 'signal.received', signal: 'SIGUSR2', why },
    ]);
    expect(state).toMatchObject({ status: 'draining', cause: why });
    // Received after 3 s, a second before the end kept free: of 14 s a third is the engine's.
    expect(effects).toContainEqual(expect.objectContaining({ type: 'timer.set', ms: 9_334 }));
  });

  it('becomes degraded, and keeps its engine, while the agent cannot probe', () => {
    const broken = { type: 'probe.broken', reason: 'a fault' } as const;
    const { state, effects } = play([...readyEvents, broken, broken, broken, broken]);
    expect(state).toMatchObject({ status: 'degraded', engine: 'serving', reason: 'a fault' });
    expect(typesOf(effects)).not.toContain('engine.end');
    expect(play([...readyEvents, broken, { type: 'probe.succeeded' }]).state.status).toBe('ready');
  });
});
