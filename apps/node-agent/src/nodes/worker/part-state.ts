// A worker's part of the engine, as the worker's agent sees it: states, events, effects, and what moves between them. Pure.

import type { EngineFailure } from '@fairlead/engines/failures';
import { defined, go, stay, type Step } from '@fairlead/kit';
import type { PartReport } from '@fairlead/protocol';
import type { ExitName } from '../../exit-code.ts';

export interface WorkerState {
  part: PartReport;
  /** How it ends as soon as nothing of its part is left. The first reason stays. */
  leaving?: ExitName;
}

export interface Meeting {
  address: string;
  port: number;
}

export type WorkerEvent =
  | { type: 'part.start'; run: number; meeting: Meeting }
  | { type: 'part.end'; run: number; limitMs: number }
  | { type: 'node.leave' }
  /** No word from the leader for too long, or a signal while it is away. */
  | { type: 'leader.lost' }
  /** Another agent has this rank. */
  | { type: 'node.refused' }
  | { type: 'engine.spawned'; pid: number }
  /** It ended although it was not told to, or cannot be started. */
  | { type: 'engine.failed'; failure: EngineFailure }
  | { type: 'engine.stuck'; pids: readonly number[] }
  | { type: 'engine.gone' };

export type WorkerEffect =
  | { type: 'engine.spawn'; meeting: Meeting }
  /** Answered by `engine.gone`, also where nothing runs. */
  | { type: 'engine.end'; limitMs: number }
  /** Tell the leader the state. */
  | { type: 'report' }
  | { type: 'exit'; exit: ExitName };

export const firstWorker: WorkerState = { part: { status: 'none', after: 0 } };

/** A part answers no requests: nothing is lost when it is ended by force. */
const leaveLimitMs = 2_000;

export function workerTransition(state: WorkerState, event: WorkerEvent): Step<WorkerState, WorkerEffect> {
  const { part } = state;
  switch (event.type) {
    case 'part.start':
      if (state.leaving !== undefined || part.status !== 'none') return go(state, { type: 'report' });
      return become(state, { status: 'starting', run: event.run }, { type: 'engine.spawn', meeting: event.meeting });
    case 'part.end':
      return end(state, event.run, event.limitMs);
    case 'node.leave':
      return leave(state, 'ended');
    case 'leader.lost':
      return leave(state, 'leader_lost');
    case 'node.refused':
      return leave(state, 'rank_taken');
    case 'engine.spawned':
      if (part.status !== 'starting') return stay(state);
      return become(state, { status: 'running', run: part.run, pid: event.pid });
    case 'engine.failed':
      if (part.status !== 'starting' && part.status !== 'running') return stay(state);
      return become(state, { status: 'exited', run: part.run, ...told(event.failure) });
    case 'engine.stuck':
      if (part.status !== 'ending') return stay(state);
      return become(state, { ...part, stuckPids: [...event.pids] });
    case 'engine.gone':
      if (part.status !== 'ending') return stay(state);
      return gone(state, part.run);
  }
}

function told({ message, hint, fatal, lastLines, badNodes, ownCause, peer }: EngineFailure) {
  return { message, ...defined({ hint, badNodes, ownCause, peer }), fatal, lastLines: [...lastLines] };
}

function become(state: WorkerState, part: PartReport, ...effects: WorkerEffect[]): Step<WorkerState, WorkerEffect> {
  return go({ ...state, part }, ...effects, { type: 'report' });
}

/** An order to start that never came is answered too: nothing is left of that run. */
function end(state: WorkerState, run: number, limitMs: number): Step<WorkerState, WorkerEffect> {
  const { part } = state;
  if (part.status === 'none') return become(state, { status: 'none', after: Math.max(part.after, run) });
  const order: WorkerEffect = { type: 'engine.end', limitMs };
  return part.status === 'ending' ? go(state, order) : become(state, { status: 'ending', run: part.run }, order);
}

function leave(state: WorkerState, exit: ExitName): Step<WorkerState, WorkerEffect> {
  const leaving: WorkerState = { ...state, leaving: state.leaving ?? exit };
  if (state.part.status === 'none') return go(leaving, { type: 'exit', exit: leaving.leaving ?? exit });
  return end(leaving, state.part.run, leaveLimitMs);
}

function gone(state: WorkerState, run: number): Step<WorkerState, WorkerEffect> {
  const { leaving } = state;
  const next: WorkerState = { ...state, part: { status: 'none', after: run } };
  return go(next, { type: 'report' }, ...(leaving === undefined ? [] : [{ type: 'exit', exit: leaving } as const]));
}
