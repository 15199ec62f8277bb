// The instance's life as the agent sees it: states, events, effects. Data only; transition.ts moves between them.

import type { EngineFailure } from '@fairlead/engines/failures';
import type { Step } from '@fairlead/kit';
import type { EndCause, StartPhase } from '@fairlead/protocol';
import type { ExitName } from '../exit-code.ts';

/** The process behind the instance: coming up, proven, being ended (or swept up after its death), none. */
export type EngineLife = 'starting' | 'serving' | 'ending' | 'down';

/** Times of the engine starts that still count towards a crash loop. */
interface Started {
  starts: readonly number[];
}

/** `deadlineMs`: when the job ends, where it has a limit. The one place where it is kept. */
export type SupervisorState = { deadlineMs?: number } & SupervisorLife;

export type SupervisorLife =
  | ({
      status: 'starting';
      engine: Exclude<EngineLife, 'serving'>;
      phase: StartPhase;
      percent?: number;
      detail?: string;
    } & Started)
  | ({ status: 'ready' } & Started)
  | ({ status: 'degraded'; engine: EngineLife; reason: string } & Started)
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

/** `now` rides on every event. */
export type SupervisorEvent = { now: number } & (
  | { type: 'start.due' }
  | { type: 'engine.spawned'; pid: number }
  | { type: 'engine.spawn_failed'; failure: EngineFailure }
  | { type: 'engine.exited'; failure: EngineFailure }
  /** Processes of an engine that is being ended do not die. */
  | { type: 'engine.stuck'; pids: readonly number[] }
  | { type: 'engine.gone' }
  | { type: 'engine.phase'; phase: StartPhase; percent?: number; detail?: string }
  | { type: 'probe.succeeded' }
  | { type: 'probe.doubtful'; reason: string }
  | { type: 'probe.hung'; reason: string }
  /** The engine's server takes no connections, and its process has not ended yet; `failure`: what its log says by now. */
  | { type: 'probe.closed'; failure: EngineFailure }
  | { type: 'probe.broken'; reason: string }
  | { type: 'ready.limit_reached'; lastLines: string[]; hint: string }
  | { type: 'drain.limit_reached' }
  | { type: 'front.idle' }
  /** The job's limit became known, changed, or (undefined) was lifted. */
  | { type: 'deadline.learned'; deadlineMs: number | undefined }
  /** The drain window begins. */
  | { type: 'deadline.near' }
  | { type: 'drain.ordered'; untilMs?: number }
  | { type: 'stop.ordered' }
  /** `why`: what the scheduler said of it. */
  | { type: 'signal.received'; signal: 'SIGTERM' | 'SIGINT' | 'SIGUSR2'; why?: EndCause }
  | { type: 'instance.fenced'; message: string }
  | { type: 'tunnel.hopeless'; message: string; hint?: string }
  /** Other nodes of the job are gone for good, or never came. */
  | { type: 'nodes.missing'; message: string; hint: string; hosts: readonly string[] }
);

export type SupervisorTimer = 'ready-limit' | 'drain-limit';

export type SupervisorEffect =
  | { type: 'engine.spawn' }
  /** Save what the hung engine shows, before the end that follows. */
  | { type: 'engine.report'; reason: string }
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
  /** Answered by `deadline.near` at that time of the wall clock. A later one replaces it. */
  | { type: 'alarm.set'; atMs: number }
  | { type: 'alarm.clear' }
  /** Answered by `start.due` after a wait that grows with `attempt`. */
  | { type: 'start.later'; attempt: number }
  | { type: 'start.forget' }
  /** One life event for audit.jsonl and control. */
  | { type: 'note'; kind: string; message: string }
  | { type: 'exit'; exit: ExitName };

export interface SupervisorPolicy {
  crashLimit: number;
  crashWindowMs: number;
  readyLimitMs: number;
  stopLimitMs: number;
  /** How long a drain may last: before a deadline it is cut to what `drainWindow` allows. */
  drainMs: number;
  /** When the job began: with the deadline it says how long the job is. */
  jobStartMs: number;
  /** From SIGTERM to the SIGKILL that follows it (Slurm's KillWait). */
  killWaitMs: number;
}

export type Transition = Step<SupervisorState, SupervisorEffect>;

export const firstState: SupervisorState = { status: 'starting', engine: 'down', phase: 'booting', starts: [] };
