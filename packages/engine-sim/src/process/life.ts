// The life of the process around the engine: the effect of each signal in each state, as measured on a real vLLM
// (measured.md, Signals and exit codes). Decides only; sim-process.ts performs the effects.

import { go, stay, type Step } from '@fairlead/kit';

import type { LogLine } from '../log/log-line.ts';
import {
  engineDied,
  type ShutdownKind,
  engineStopped,
  interrupted,
  serverFinished,
  shutdownBegun,
  waitingForConnections,
} from '../log/shutdown-script.ts';
import type { StartupStage } from '../log/startup-script.ts';

export type LifeState =
  /** `lost`: the number of lost signals; `stuck`: it will never be ready. */
  | { name: 'starting'; phase: StartupStage; lost: number; stuck: boolean }
  | { name: 'serving' }
  | { name: 'draining' }
  | { name: 'closing' }
  | { name: 'ended' };

export type ProcessEvent =
  | { type: 'phase.entered'; phase: StartupStage }
  | { type: 'engine.ready' }
  | { type: 'stop.signalled'; ignored: boolean; inFlight: number; drainS: number; hangs: boolean }
  | { type: 'requests.finished' }
  | { type: 'drain.expired'; inFlight: number; hangs: boolean }
  | { type: 'connections.closed' }
  | { type: 'engine.died' }
  | { type: 'start.failed'; lines: readonly LogLine[]; end: ProcessExit | 'never' }
  | { type: 'exit.ordered'; code: number };

export type ProcessExit = { code: number } | { signal: 'SIGINT' | 'SIGTERM' | 'SIGSEGV' | 'SIGKILL' };

export type ProcessEffect =
  | { type: 'print'; lines: readonly LogLine[] }
  /** Refuse generating requests and let those in flight go on, for at most this time. */
  | { type: 'drain'; timeoutS: number }
  | { type: 'kill-engine'; how: 'aloud' | 'silently' }
  | { type: 'close-listener'; afterMs: number }
  | { type: 'stop-starting' }
  | { type: 'end'; end: ProcessExit };

export type ProcessStep = Step<LifeState, ProcessEffect>;

/** The time for which a dead engine's server answers 503 before it ends: 1 to 2 s were measured. */
const watchdogMs = 1000;

export const initialLife: LifeState = { name: 'starting', phase: 'importing', lost: 0, stuck: false };

export function transition(state: LifeState, event: ProcessEvent): ProcessStep {
  if (event.type === 'exit.ordered' && state.name !== 'ended') return ended({ code: event.code });
  switch (state.name) {
    case 'starting':
      return whileStarting(state, event);
    case 'serving':
      return whileServing(state, event);
    case 'draining':
      return whileDraining(state, event);
    case 'closing':
      if (event.type === 'connections.closed') return ended({ code: 0 }, serverFinished);
      return stay(state);
    case 'ended':
      return stay(state);
  }
}

type Starting = Extract<LifeState, { name: 'starting' }>;

function whileStarting(state: Starting, event: ProcessEvent): ProcessStep {
  switch (event.type) {
    case 'phase.entered':
      return go({ ...state, phase: event.phase });
    case 'engine.ready':
      return state.stuck ? stay(state) : go({ name: 'serving' });
    case 'stop.signalled':
      return event.ignored ? stay(state) : interruptStart(state);
    case 'start.failed': {
      const print: ProcessEffect = { type: 'print', lines: event.lines };
      if (event.end === 'never') return go({ ...state, stuck: true }, print, { type: 'stop-starting' });
      return ended(event.end, event.lines);
    }
    case 'requests.finished':
    case 'drain.expired':
    case 'connections.closed':
    case 'engine.died':
    case 'exit.ordered':
      return stay(state);
  }
}

/**
 * While the engine starts, the first signal is lost without a log line. During the handshake both sides then wait
 * for ever; later the start goes on. A second signal ends the process.
 */
function interruptStart(state: Starting): ProcessStep {
  if (state.phase === 'importing') return ended({ signal: 'SIGTERM' });
  const swallows = state.phase === 'handshaking' || state.phase === 'loading';
  if (!swallows || state.lost > 0) return ended({ signal: 'SIGINT' }, interrupted);
  const stuck = state.phase === 'handshaking';
  return go({ ...state, lost: 1, stuck }, ...(stuck ? [{ type: 'stop-starting' } as const] : []));
}

function whileServing(state: LifeState, event: ProcessEvent): ProcessStep {
  if (event.type === 'engine.died') {
    const effects: ProcessEffect[] = [
      { type: 'print', lines: engineDied },
      { type: 'kill-engine', how: 'aloud' },
    ];
    return go({ name: 'closing' }, ...effects, { type: 'close-listener', afterMs: watchdogMs });
  }
  if (event.type !== 'stop.signalled' || event.ignored) return stay(state);
  const { inFlight, drainS, hangs } = event;
  const begun: ProcessEffect = { type: 'print', lines: shutdownBegun(drainS, inFlight) };
  if (drainS > 0) return go({ name: 'draining' }, begun, { type: 'drain', timeoutS: drainS });
  const stopped = stopEngine(inFlight > 0 ? 'killed' : 'idle', inFlight, hangs);
  return go(stopped.state, begun, { type: 'drain', timeoutS: 0 }, ...stopped.effects);
}

/** Further signals have no effect. */
function whileDraining(state: LifeState, event: ProcessEvent): ProcessStep {
  if (event.type === 'requests.finished') return stopEngine('drained', 0, false);
  if (event.type === 'drain.expired') return stopEngine('killed', event.inFlight, event.hangs);
  return stay(state);
}

/** `hangs`: the server waits for requests and connections that never end. */
function stopEngine(how: ShutdownKind, inFlight: number, hangs: boolean): ProcessStep {
  const waits = hangs && inFlight > 0;
  const lines = [...engineStopped(how), ...(waits ? [waitingForConnections] : [])];
  const effects: ProcessEffect[] = [
    { type: 'kill-engine', how: waits ? 'silently' : 'aloud' },
    { type: 'print', lines },
    { type: 'close-listener', afterMs: 0 },
  ];
  return go({ name: 'closing' }, ...effects);
}

function ended(end: ProcessExit, lines: readonly LogLine[] = []): ProcessStep {
  const print: ProcessEffect[] = lines.length > 0 ? [{ type: 'print', lines }] : [];
  return go({ name: 'ended' }, ...print, { type: 'end', end });
}
