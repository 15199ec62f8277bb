// The life of a local job as its runner sees it: running → ending → clearing → ended. Decides, does nothing.

import { go, stay, type Step } from '@fairlead/kit';

export type JobLife =
  | { kind: 'running' }
  /** TERM is sent; KILL follows when KillWait is over. The first cause stays. */
  | { kind: 'ending'; cause: JobEndReason }
  /** The script has ended; what it left behind is being killed. */
  | { kind: 'clearing'; end: JobEnd }
  | { kind: 'ended'; end: JobEnd };

export type JobEndReason = 'timeout' | 'cancelled';

export interface JobEnd {
  /** In Slurm's words, like the reason. */
  state: 'COMPLETED' | 'FAILED' | 'CANCELLED' | 'TIMEOUT';
  reason: string;
  exitCode: { code: number; signal: number };
}

export type JobEvent =
  | { type: 'warning.due'; signal: NodeJS.Signals }
  | { type: 'deadline.reached' }
  | { type: 'job.drain' }
  | { type: 'job.stop' }
  | { type: 'job.kill' }
  | { type: 'kill-wait.over' }
  | { type: 'script.exited'; code: number; signal: number }
  | { type: 'processes.cleared' };

export type JobEffect =
  | { type: 'signal-script'; signal: NodeJS.Signals }
  | { type: 'terminate-all' }
  | { type: 'kill-all' }
  | { type: 'start-kill-wait' }
  | { type: 'clear-processes' }
  /** Into the job's log, in slurmstepd's words. */
  | { type: 'announce'; why: string }
  | { type: 'record'; state: string; reason: string; end?: JobEnd };

export type JobStep = Step<JobLife, JobEffect>;

export function transition(state: JobLife, event: JobEvent): JobStep {
  switch (state.kind) {
    case 'running':
      return whileRunning(state, event);
    case 'ending':
      return whileEnding(state, event);
    case 'clearing':
      return whileClearing(state, event);
    case 'ended':
      return stay(state);
  }
}

function whileRunning(state: JobLife, event: JobEvent): JobStep {
  switch (event.type) {
    case 'warning.due':
      return go(state, { type: 'signal-script', signal: event.signal });
    case 'job.drain':
      return go(state, { type: 'signal-script', signal: 'SIGUSR2' });
    case 'deadline.reached':
      return terminate('timeout', ' DUE TO TIME LIMIT');
    case 'job.stop':
      return terminate('cancelled', '');
    case 'job.kill':
      return go({ kind: 'ending', cause: 'cancelled' }, { type: 'announce', why: '' }, completing('None'), {
        type: 'kill-all',
      });
    case 'script.exited':
      return clear(describeEnd(undefined, event));
    case 'kill-wait.over':
    case 'processes.cleared':
      return stay(state);
  }
}

function whileEnding(state: JobLife & { kind: 'ending' }, event: JobEvent): JobStep {
  switch (event.type) {
    case 'kill-wait.over':
    case 'job.kill':
      return go(state, { type: 'kill-all' });
    case 'script.exited':
      return clear(describeEnd(state.cause, event));
    case 'warning.due':
    case 'deadline.reached':
    case 'job.drain':
    case 'job.stop':
    case 'processes.cleared':
      return stay(state);
  }
}

function whileClearing(state: JobLife & { kind: 'clearing' }, event: JobEvent): JobStep {
  if (event.type !== 'processes.cleared') return stay(state);
  const { end } = state;
  return go({ kind: 'ended', end }, { type: 'record', state: end.state, reason: end.reason, end });
}

function terminate(cause: JobEndReason, why: string): JobStep {
  return go(
    { kind: 'ending', cause },
    { type: 'announce', why },
    completing(cause === 'timeout' ? 'TimeLimit' : 'None'),
    { type: 'terminate-all' },
    { type: 'start-kill-wait' },
  );
}

function clear(end: JobEnd): JobStep {
  return go({ kind: 'clearing', end }, completing(end.reason), { type: 'clear-processes' });
}

function completing(reason: string): JobEffect {
  return { type: 'record', state: 'COMPLETING', reason };
}

function describeEnd(cause: JobEndReason | undefined, exitCode: { code: number; signal: number }): JobEnd {
  const { code, signal } = exitCode;
  const base = { exitCode: { code, signal } };
  if (cause === 'timeout') return { ...base, state: 'TIMEOUT', reason: 'TimeLimit' };
  if (cause === 'cancelled') return { ...base, state: 'CANCELLED', reason: 'None' };
  if (signal !== 0) return { ...base, state: 'FAILED', reason: 'RaisedSignal' };
  if (code !== 0) return { ...base, state: 'FAILED', reason: 'NonZeroExitCode' };
  return { ...base, state: 'COMPLETED', reason: 'None' };
}
