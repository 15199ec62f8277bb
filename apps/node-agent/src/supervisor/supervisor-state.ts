// The instance's life as the agent sees it: states, events, effects. Data only; transition.ts moves between them.

import type { EndCause, StartPhase } from '@fairlead/protocol';
import type { ExitName } from '../exit-code.ts';

/** The process behind the instance: coming up, proven, being ended (or swept up after its death), none. */
export type EngineLife = 'starting' | 'serving' | 'ending' | 'down';

/** Times of the engine starts that still count towards a crash loop. */
interface Started {
  starts: readonly number[];
}

export type SupervisorState =
  | ({ status: 'starting'; engine: Exclude<EngineLife, 'serving'>; phase: StartPhase; percent?: number } & Started)
  | ({ status: 'ready' } & Started)
  | ({ status: 'degraded'; engine: EngineLife; reason: string; failedProbes: number } & Started)
  | {
      status: 'draining';
      /** `requests`: those in flight may end until `untilMs`. `engine`: it is being ended. */
      step: 'requests' | 'engine';
      untilMs: number;
      /** When everything must be over, where that is known: a deadline, or the kill that follows a TERM. */
      hardMs?: number;
      cause: EndCause;
      exit: ExitName;
    }
  | { status: 'stopped'; cause: EndCause }
  | { status: 'failed'; cause: EndCause };

/** Why an engine ended, as far as its exit and its last lines tell. */
export interface EngineFailure {
  message: string;
  hint?: string;
  /** Another start would fail in the same way. */
  fatal: boolean;
  lastLines: string[];
}

/** `now` rides on every event; `deadlineMs` on those whose consequence depends on it. */
export type SupervisorEvent = { now: number } & (
  | { type: 'start.due' }
  | { type: 'engine.spawned'; pid: number }
  | { type: 'engine.spawn_failed'; failure: EngineFailure }
  | { type: 'engine.exited'; failure: EngineFailure }
  /** Processes of an engine that is being ended do not die. */
  | { type: 'engine.stuck'; pids: readonly number[] }
  | { type: 'engine.gone' }
  | { type: 'engine.phase'; phase: StartPhase; percent?: number }
  | { type: 'probe.succeeded' }
  | { type: 'probe.failed'; reason: string }
  | { type: 'tokens.progressed' }
  | { type: 'tokens.stalled'; forMs: number }
  | { type: 'ready.limit_reached'; lastLines: string[]; hint: string }
  | { type: 'drain.limit_reached' }
  | { type: 'front.idle' }
  | { type: 'deadline.near'; deadlineMs: number }
  | { type: 'drain.ordered'; untilMs?: number; deadlineMs?: number }
  | { type: 'stop.ordered' }
  /** `why`: what the scheduler said of it. */
  | { type: 'signal.received'; signal: 'SIGTERM' | 'SIGINT' | 'SIGUSR2'; deadlineMs?: number; why?: EndCause }
  | { type: 'instance.fenced'; message: string }
  | { type: 'tunnel.hopeless'; message: string; hint?: string; deadlineMs?: number }
);

export type SupervisorTimer = 'ready-limit' | 'drain-limit';

export type SupervisorEffect =
  | { type: 'engine.spawn' }
  /** End what runs and everything it left behind; answered by `engine.gone`. Harmless when nothing runs. */
  | { type: 'engine.end'; limitMs: number }
  /** `until-ready` reports only success; `watch` reports failures too. */
  | { type: 'probe.start'; mode: 'until-ready' | 'watch' }
  | { type: 'probe.stop' }
  | { type: 'front.admit'; mode: 'serving' | 'starting' }
  /** No new requests; answered by `front.idle`. */
  | { type: 'front.drain' }
  | { type: 'front.cut' }
  | { type: 'timer.set'; timer: SupervisorTimer; ms: number }
  | { type: 'timer.clear'; timer: SupervisorTimer }
  /** Answered by `start.due` after a wait that grows with `attempt`. */
  | { type: 'start.later'; attempt: number }
  | { type: 'start.forget' }
  /** One life event for audit.jsonl and control. */
  | { type: 'note'; kind: string; message: string }
  | { type: 'exit'; exit: ExitName };

export interface SupervisorPolicy {
  probeFailures: number;
  crashLimit: number;
  crashWindowMs: number;
  readyLimitMs: number;
  stopLimitMs: number;
  /** How long before the deadline the drain begins, and how long one lasts that knows no deadline. */
  drainMs: number;
  /** From SIGTERM to the SIGKILL that follows it (Slurm's KillWait). */
  killWaitMs: number;
}

export interface Transition {
  state: SupervisorState;
  effects: SupervisorEffect[];
}

export const FIRST_STATE: SupervisorState = { status: 'starting', engine: 'down', phase: 'booting', starts: [] };
