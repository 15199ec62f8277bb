// The state machine of one instance as control sees it. Pure: it stores nothing and sends nothing.

import { go, stay, type Step } from '@fairlead/kit';
import {
  type EndCause,
  firstGeneration,
  type InstanceState,
  isEnded,
  type JobObserved,
  type StopMode,
} from '@fairlead/protocol';

import { describeState } from './describe-state.ts';
import { type AgentRecord, type Life, restartOf } from './records.ts';

export type LifeEvent =
  /** Its agent proved itself (see decideEnrolment). */
  | { type: 'agent.enrolled'; agent: AgentRecord }
  /** `generation` is absent while no data socket answers. */
  | { type: 'instance.reported'; state: InstanceState; generation?: number }
  | { type: 'lease.expired'; silentMs: number }
  | { type: 'job.observed'; state: NonNullable<JobObserved['state']> }
  /** `job`: whether a job is known to have been submitted. */
  | { type: 'stop.requested'; mode: StopMode; job: boolean };

export type LifeEffect =
  | { type: 'history.add'; kind: string; message: string }
  /** Another process of the agent may still be connected: close it. */
  | { type: 'link.fence' }
  | { type: 'link.drop' }
  | { type: 'lease.end' }
  | { type: 'order.give'; mode: StopMode };

/** Returns the same state object if nothing changed. */
export type LifeStep = Step<Life, LifeEffect>;

export function transition(life: Life, event: LifeEvent): LifeStep {
  switch (event.type) {
    case 'agent.enrolled':
      return enrol(life, event.agent);
    case 'instance.reported':
      return report(life, event);
    case 'lease.expired':
      return expire(life, event.silentMs);
    case 'job.observed':
      return observe(life, event.state);
    case 'stop.requested':
      return stop(life, event);
  }
}

function enrol(life: Life, agent: AgentRecord): LifeStep {
  const known = life.phase === 'waiting' ? undefined : life.agent;
  const sameProcess = known?.processId === agent.processId && known.restart === agent.restart;
  if (sameProcess && (life.phase === 'attended' || (life.phase === 'ended' && life.by === 'agent'))) return stay(life);
  const returned = sameProcess && life.phase !== 'waiting';
  const newer = agent.restart > restartOf(life);
  const left = !sameProcess && 'generation' in life ? (life.generation ?? 0) : 0;
  const retired = Math.max(life.retired, left, newer ? firstGeneration(agent.restart) - 1 : 0);
  const next: Life = { phase: 'attended', agent, state: { status: 'starting', phase: 'booting' }, retired };
  return go(
    next,
    ...(known && !sameProcess ? [{ type: 'link.fence' } as const] : []),
    returned
      ? history('agent.returned', `The agent on ${agent.hostname} is back.`)
      : history('agent.enrolled', enrolledText(agent)),
  );
}

function enrolledText(agent: AgentRecord): string {
  const start = agent.restart === 0 ? '' : ` (restart ${agent.restart} of the job)`;
  return `An agent on ${agent.hostname} has taken charge${start}.`;
}

function report(life: Life, event: Extract<LifeEvent, { type: 'instance.reported' }>): LifeStep {
  if (life.phase !== 'attended') return stay(life);
  const { state, generation } = event;
  const said = state.status === life.state.status ? [] : [stateHistory(state)];
  if (isEnded(state)) {
    const retired = Math.max(life.retired, life.generation ?? 0, generation ?? 0);
    return go({ phase: 'ended', by: 'agent', agent: life.agent, state, retired }, { type: 'lease.end' }, ...said);
  }
  const live = generation !== undefined && generation > life.retired ? generation : undefined;
  const gone = life.generation !== undefined && life.generation !== live ? life.generation : 0;
  if (live === life.generation && sameState(state, life.state)) return stay(life);
  const retired = Math.max(life.retired, gone);
  const next: Life = { ...life, state, retired };
  delete next.generation;
  if (live !== undefined) next.generation = live;
  return go(next, ...said);
}

function expire(life: Life, silentMs: number): LifeStep {
  if (life.phase !== 'attended') return stay(life);
  const effects: LifeEffect[] = [{ type: 'lease.end' }, { type: 'link.drop' }];
  const { agent, generation, jobEnd, retired } = life;
  if (jobEnd) {
    const end = endOf(life, jobEnd);
    const last = Math.max(retired, generation ?? 0);
    return go({ phase: 'ended', by: 'submitter', agent, state: end, retired: last }, ...effects, stateHistory(end));
  }
  const state = lostState(life, silentMs);
  const lost = history('agent.lost', silenceText(life, silentMs));
  const next: Life = { phase: 'lost', agent, state, retired };
  if (generation !== undefined) next.generation = generation;
  if (life.state.status === 'draining') next.leaving = life.state.cause;
  return go(next, ...effects, lost, stateHistory(state));
}

/** Also of an instance that was draining: silence is no end. Its agent may be back in a moment and go on with what it answers. */
function lostState(life: Extract<Life, { phase: 'attended' }>, silentMs: number) {
  const cause: EndCause = {
    code: 'agent_lost',
    message: silenceText(life, silentMs),
    hint: 'Look at the last lines of `fairlead logs --source agent` and at `fairlead logs --source job`, which says so when the job was killed: out of memory, time limit, node failure (also `sacct -j` with the id of the job). If the job still runs and reaches the bastion again, the instance comes back by itself.',
  };
  return { status: 'failed', cause } as const;
}

function silenceText({ agent, state }: Extract<Life, { phase: 'attended' }>, silentMs: number): string {
  return `The agent on ${agent.hostname} has not been heard of for ${Math.round(silentMs / 1000)} s; it was last seen ${describeState(state)}.`;
}

type EndedState = Extract<InstanceState, { cause: EndCause; status: 'stopped' | 'failed' }>;

function observe(life: Life, state: NonNullable<JobObserved['state']>): LifeStep {
  if (life.phase === 'attended') {
    // The agent's own report counts while the lease holds. This is kept as the cause, in case the agent stays silent.
    if (!isEnded(state) || life.jobEnd) return stay(life);
    return go({ ...life, jobEnd: state });
  }
  if (!isEnded(state)) {
    if (life.phase !== 'waiting' || sameState(state, life.state)) return stay(life);
    const said = life.state.status === 'queued' ? [] : [stateHistory(state)];
    return go({ ...life, state }, ...said);
  }
  if (life.phase === 'ended') return stay(life);
  const agent = life.phase === 'lost' ? { agent: life.agent } : {};
  const retired = Math.max(life.retired, 'generation' in life ? (life.generation ?? 0) : 0);
  const end = endOf(life, state);
  return go({ phase: 'ended', by: 'submitter', state: end, retired, ...agent }, stateHistory(end));
}

/** An instance that was leaving anyway ended for the cause it was leaving for: the first cause wins. */
function endOf(life: Life, seen: EndedState): EndedState {
  const cause = leavingFor(life);
  return cause ? { status: isFailure(cause) ? 'failed' : 'stopped', cause } : seen;
}

function leavingFor(life: Life): EndCause | undefined {
  if (life.phase === 'attended') return life.state.status === 'draining' ? life.state.cause : undefined;
  return life.phase === 'lost' ? life.leaving : undefined;
}

/** Whether an agent that leaves for this cause calls its instance failed in the end. */
function isFailure({ code }: EndCause): boolean {
  switch (code) {
    case 'node_lost':
    case 'engine_start_failed':
    case 'engine_never_ready':
    case 'engine_crash_loop':
    case 'agent_failed':
    case 'agent_lost':
      return true;
    case 'requested':
    case 'deadline':
    case 'cancelled':
    case 'preempted':
    case 'superseded':
    case 'job_ended':
      return false;
  }
}

function stop(life: Life, event: Extract<LifeEvent, { type: 'stop.requested' }>): LifeStep {
  if (life.phase === 'attended') return go(life, { type: 'order.give', mode: event.mode });
  if (life.phase !== 'waiting' || event.job) return stay(life);
  const cause: EndCause = { code: 'requested', message: 'Stopped before a job was submitted.' };
  const state = { status: 'stopped', cause } as const;
  return go({ phase: 'ended', by: 'control', state, retired: life.retired }, stateHistory(state));
}

function sameState(a: InstanceState, b: InstanceState): boolean {
  return a.status === b.status && JSON.stringify(a) === JSON.stringify(b);
}

function stateHistory(state: InstanceState): LifeEffect {
  return history(`instance.${state.status}`, `The instance is ${describeState(state).replace(/\.$/, '')}.`);
}

function history(kind: string, message: string): LifeEffect {
  return { type: 'history.add', kind, message };
}
