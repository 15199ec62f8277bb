// Performs what transition.ts decides: the one place where the supervisor touches processes, timers and the front.

import type { EngineFailure } from '@fairlead/engines/failures';
import { backoffMs, type Clock, errorText, type Log } from '@fairlead/kit';
import type { HealthSpec } from '@fairlead/protocol';
import type { EngineExit, EngineProcess } from '../engine/spawn-engine.ts';
import type { ExitName } from '../exit-code.ts';
import type { Prober } from '../health/prober.ts';
import { createEngineSlot, type EngineSlot } from './engine-slot.ts';
import { NamedTimers } from './named-timers.ts';
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
  saveHangReport: (reason: string, pids: readonly number[]) => Promise<string>;
  /** The last lines of an engine that does not become ready, and what to do about it. */
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
  /**
   * Takes the event after those that wait already; when it returns, all have been taken, unless it was called by an effect
   * or a listener. Never throws: a failed effect is logged and does not keep the next ones from being performed.
   */
  dispatch(event: SupervisorInput): void;
}

export function createSupervisor(deps: SupervisorDeps): Supervisor {
  return new Interpreter(deps);
}

class Interpreter implements Supervisor {
  readonly #deps: SupervisorDeps;
  readonly #timers: NamedTimers<TimerName>;
  readonly #engine: EngineSlot;
  readonly #queue: SupervisorEvent[] = [];
  #state = firstState;
  #isStepping = false;

  constructor(deps: SupervisorDeps) {
    this.#deps = deps;
    this.#timers = new NamedTimers(deps.clock);
    this.#engine = createEngineSlot({
      ...deps,
      onSpawned: (pid) => this.dispatch({ type: 'engine.spawned', pid }),
      onSpawnDelayed: (message) =>
        this.#guard('note', () => deps.onNote({ kind: 'engine.delayed', message, atMs: deps.clock.now() })),
      onReported: (path) =>
        this.#guard('note', () =>
          deps.onNote({
            kind: 'engine.reported',
            message: `what the engine showed while it hung is in ${path}`,
            atMs: deps.clock.now(),
          }),
        ),
      onStuck: (pids) => this.dispatch({ type: 'engine.stuck', pids }),
      onSpawnFailed: (failure) => this.dispatch({ type: 'engine.spawn_failed', failure }),
      onExited: (failure) => this.dispatch({ type: 'engine.exited', failure }),
      onGone: () => this.dispatch({ type: 'engine.gone' }),
    });
  }

  get state(): SupervisorState {
    return this.#state;
  }

  dispatch(event: SupervisorInput): void {
    this.#queue.push({ ...event, now: this.#deps.clock.now() } as SupervisorEvent);
    if (this.#isStepping) return;
    this.#isStepping = true;
    try {
      for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
        const event = next;
        this.#guard(event.type, () => this.#step(event));
      }
    } finally {
      this.#isStepping = false;
    }
  }

  /** Catches and logs what an effect or a listener throws. */
  #guard(what: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#deps.log.error(
        { op: 'supervisor', ok: false, what, error: errorText(error) },
        'a step of the supervisor failed',
      );
    }
  }

  #step(event: SupervisorEvent): void {
    const before = this.#state;
    const { state, effects } = transition(before, event, this.#deps.policy());
    this.#state = state;
    if (state !== before) {
      this.#deps.log.debug({ op: 'supervisor', event: event.type, from: before.status, to: state.status });
      this.#guard('change', () => this.#deps.onChange(state));
    }
    for (const effect of effects) this.#guard(effect.type, () => this.#perform(effect, event.now));
  }

  #perform(effect: SupervisorEffect, now: number): void {
    const { prober, front, onNote, onExit } = this.#deps;
    switch (effect.type) {
      case 'engine.spawn':
        return this.#engine.spawn();
      case 'engine.report':
        return this.#engine.report(effect.reason);
      case 'engine.end':
        return this.#engine.end(effect.limitMs);
      case 'probe.start':
        return prober.start(effect.mode);
      case 'probe.stop':
        return prober.stop();
      case 'front.admit':
        return front.admit(effect.mode);
      case 'front.drain':
        return front.drain();
      case 'front.cut':
        return front.cut();
      case 'timer.set':
        return this.#timers.set(effect.timer, effect.ms, () => this.dispatch(this.#timerEvent(effect.timer)));
      case 'timer.clear':
        return this.#timers.clear(effect.timer);
      case 'alarm.set':
        return this.#timers.setAt('alarm', effect.atMs, () => this.dispatch({ type: 'deadline.near' }));
      case 'alarm.clear':
        return this.#timers.clear('alarm');
      case 'start.later':
        return this.#timers.set('start', this.#startWaitMs(effect.attempt), () => this.dispatch({ type: 'start.due' }));
      case 'start.forget':
        return this.#timers.clear('start');
      case 'note':
        return onNote({ kind: effect.kind, message: effect.message, atMs: now });
      case 'exit':
        return onExit(effect.exit);
    }
  }

  #timerEvent(timer: SupervisorTimer): SupervisorInput {
    if (timer === 'drain-limit') return { type: 'drain.limit_reached' };
    return { type: 'ready.limit_reached', ...this.#deps.explainSilence() };
  }

  #startWaitMs(attempt: number): number {
    const { restartBaseSeconds, restartMaxSeconds } = this.#deps.restart;
    const policy = { baseMs: restartBaseSeconds * 1000, maxMs: restartMaxSeconds * 1000 };
    return backoffMs(policy, attempt, this.#deps.random());
  }
}
