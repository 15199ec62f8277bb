// Performs what transition.ts decides: the one place where the supervisor touches processes, timers and the front.

import type { EngineFailure } from '@fairlead/engines';
import { backoffMs, type Clock, detach, errorText, type Log, untilOver } from '@fairlead/kit';
import type { HealthSpec } from '@fairlead/protocol';
import type { EngineExit, EngineProcess } from '../engine/spawn-engine.ts';
import type { ExitName } from '../exit-code.ts';
import type { Prober } from '../health/prober.ts';
import { createEngineSlot } from './engine-slot.ts';
import {
  firstState,
  type SupervisorEffect,
  type SupervisorEvent,
  type SupervisorPolicy,
  type SupervisorState,
  type SupervisorTimer,
} from './supervisor-state.ts';
import { transition } from './transition.ts';

type TimerName = SupervisorTimer | 'start' | 'alarm';
type WithoutNow<Event> = Event extends SupervisorEvent ? Omit<Event, 'now'> : never;
export type SupervisorInput = WithoutNow<SupervisorEvent>;

/** What the supervisor may do to the front. `drain` answers with `front.idle` through `dispatch`. */
export interface SupervisedFront {
  admit: (mode: 'serving' | 'starting') => void;
  drain: () => void;
  cut: () => void;
}

export interface SupervisorDeps {
  /** Asked for each event: some of it is learnt while the agent runs. */
  policy: () => SupervisorPolicy;
  restart: Pick<HealthSpec, 'restartBaseSeconds' | 'restartMaxSeconds'>;
  spawnEngine: (signal: AbortSignal) => Promise<EngineProcess>;
  explainExit: (exit: EngineExit) => EngineFailure;
  /** What an engine that does not become ready said last, and what to do about it. */
  explainSilence: () => { lastLines: string[]; hint: string };
  prober: Prober;
  front: SupervisedFront;
  clock: Clock;
  random: () => number;
  log: Log;
  onChange: (state: SupervisorState) => void;
  onNote: (note: { kind: string; message: string; atMs: number }) => void;
  onExit: (exit: ExitName) => void;
}

export interface Supervisor {
  readonly state: SupervisorState;
  dispatch: (event: SupervisorInput) => void;
}

export function createSupervisor(deps: SupervisorDeps): Supervisor {
  let state = firstState;
  const queue: SupervisorEvent[] = [];
  let draining = false;
  const timers = new Map<TimerName, AbortController>();
  const engine = createEngineSlot({
    ...deps,
    onSpawned: (pid) => dispatch({ type: 'engine.spawned', pid }),
    onSpawnDelayed: (message) =>
      own('note', () => deps.onNote({ kind: 'engine.delayed', message, atMs: deps.clock.now() })),
    onStuck: (pids) => dispatch({ type: 'engine.stuck', pids }),
    onSpawnFailed: (failure) => dispatch({ type: 'engine.spawn_failed', failure }),
    onExited: (failure) => dispatch({ type: 'engine.exited', failure }),
    onGone: () => dispatch({ type: 'engine.gone' }),
  });

  /** Queues events that come while effects are performed. Never throws: a failed effect does not keep the next ones from being performed. */
  function dispatch(event: SupervisorInput): void {
    queue.push({ ...event, now: deps.clock.now() } as SupervisorEvent);
    if (draining) return;
    draining = true;
    try {
      for (let next = queue.shift(); next; next = queue.shift()) {
        const event = next;
        own(event.type, () => step(event));
      }
    } finally {
      draining = false;
    }
  }

  /** Catches and logs what an effect or a listener throws. */
  function own(what: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      deps.log.error({ op: 'supervisor', ok: false, what, error: errorText(error) }, 'a step of the supervisor failed');
    }
  }

  function step(event: SupervisorEvent): void {
    const before = state;
    const result = transition(state, event, deps.policy());
    state = result.state;
    if (state !== before) {
      deps.log.debug({ op: 'supervisor', event: event.type, from: before.status, to: state.status });
      own('change', () => deps.onChange(result.state));
    }
    for (const effect of result.effects) own(effect.type, () => perform(effect, event.now));
  }

  function perform(effect: SupervisorEffect, now: number): void {
    switch (effect.type) {
      case 'engine.spawn':
        return engine.spawn();
      case 'engine.end':
        return engine.end(effect.limitMs);
      case 'probe.start':
        return deps.prober.start(effect.mode);
      case 'probe.stop':
        return deps.prober.stop();
      case 'front.admit':
        return deps.front.admit(effect.mode);
      case 'front.drain':
        return deps.front.drain();
      case 'front.cut':
        return deps.front.cut();
      case 'timer.set':
        return setTimer(effect.timer, effect.ms, () => dispatch(timerEvent(effect.timer)));
      case 'timer.clear':
        return clearTimer(effect.timer);
      case 'alarm.set':
        return startTimer(
          'alarm',
          () => dispatch({ type: 'deadline.near' }),
          (signal) => sleepUntil(deps.clock, effect.atMs, signal),
        );
      case 'alarm.clear':
        return clearTimer('alarm');
      case 'start.later': {
        const { restartBaseSeconds, restartMaxSeconds } = deps.restart;
        const policy = { baseMs: restartBaseSeconds * 1000, maxMs: restartMaxSeconds * 1000 };
        const waitMs = backoffMs(policy, effect.attempt, deps.random());
        return setTimer('start', waitMs, () => dispatch({ type: 'start.due' }));
      }
      case 'start.forget':
        return clearTimer('start');
      case 'note':
        return deps.onNote({ kind: effect.kind, message: effect.message, atMs: now });
      case 'exit':
        return deps.onExit(effect.exit);
    }
  }

  function timerEvent(timer: SupervisorTimer): SupervisorInput {
    if (timer === 'drain-limit') return { type: 'drain.limit_reached' };
    return { type: 'ready.limit_reached', ...deps.explainSilence() };
  }

  function setTimer(name: TimerName, ms: number, due: () => void): void {
    startTimer(name, due, (signal) => sleepLong(deps.clock, ms, signal));
  }

  function startTimer(name: TimerName, due: () => void, wait: (signal: AbortSignal) => Promise<void>): void {
    clearTimer(name);
    const timer = new AbortController();
    timers.set(name, timer);
    detach(untilOver(wait(timer.signal).then(due), timer.signal));
  }

  function clearTimer(name: TimerName): void {
    timers.get(name)?.abort();
    timers.delete(name);
  }

  return {
    get state() {
      return state;
    },
    dispatch,
  };
}

/** Waits for a time of the wall clock, also where that jumps, the machine sleeps or the job is suspended in between. */
async function sleepUntil(clock: Clock, atMs: number, signal: AbortSignal): Promise<void> {
  for (let leftMs = atMs - clock.now(); leftMs > 0; leftMs = atMs - clock.now())
    await clock.sleep(Math.min(leftMs, pollIntervalMs), signal);
  signal.throwIfAborted();
}

const pollIntervalMs = 5_000;

/** Timers of Node hold 24.8 days at most and fire at once beyond that. */
async function sleepLong(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  for (let leftMs = ms; leftMs > 0; leftMs -= timerTimeoutMs)
    await clock.sleep(Math.min(leftMs, timerTimeoutMs), signal);
  signal.throwIfAborted();
}

const timerTimeoutMs = 2 ** 31 - 1;
