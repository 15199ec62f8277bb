// Every state with every event, and what holds for all of them.

import { listTransitions, renderTransitions } from '@fairlead/kit';
import { describe, expect, it } from 'vitest';

import { type LifeEvent, transition } from './instance-life.ts';
import { lifeMachine } from './life-table.ts';
import type { Life } from './records.ts';

const agent = { processId: 'p1', restart: 0, hostname: 'node1' };
const ready: Life = { phase: 'attended', agent, state: { status: 'ready' }, generation: 3, retired: 2 };
const draining: Life = {
  ...ready,
  state: { status: 'draining', untilMs: 1, cause: { code: 'requested', message: 'as asked' } },
};

describe('an instance’s life', () => {
  it('follows the table', async () => {
    await expect(renderTransitions(lifeMachine)).toMatchFileSnapshot('./instance-life.table.md');
  });

  it('keeps an end that its agent reported: only a later restart replaces it', () => {
    const left = listTransitions(lifeMachine).filter(
      ({ state, next }) => state === 'ended by its agent' && next !== state,
    );
    expect(left.map(({ event }) => event)).toEqual(['a later restart enrols']);
  });

  it('ends the lease with every step from attended to lost or ended', () => {
    const steps = listTransitions(lifeMachine).filter(({ next }) => /^(lost|ended)/.test(next));
    for (const { state, effects } of steps)
      if (!/submitted|queued|lost|ended/.test(state)) expect(effects).toContain('lease.end');
  });

  it('never takes back a retired generation', () => {
    const late = transition(ready, { type: 'instance.reported', state: { status: 'ready' }, generation: 2 });
    expect(late.state).toMatchObject({ retired: 3 });
    expect(late.state).not.toHaveProperty('generation');
  });

  it('keeps the generation of a lost agent for its return', () => {
    const lost = transition(ready, { type: 'lease.expired', silentMs: 15_000 }).state;
    const back = transition(lost, { type: 'agent.enrolled', agent }).state;
    const report = transition(back, { type: 'instance.reported', state: { status: 'ready' }, generation: 3 });
    expect(report.state).toEqual(ready);
  });

  it('says what was last seen of a lost agent', () => {
    const { state: life } = transition(ready, { type: 'lease.expired', silentMs: 15_400 });
    expect(life.state).toMatchObject({
      status: 'failed',
      cause: { code: 'agent_lost', message: expect.stringMatching(/node1 .* 15 s; it was last seen ready/) },
    });
  });

  it('calls an instance that falls silent while it drains lost, not stopped', () => {
    const { state: life } = transition(draining, { type: 'lease.expired', silentMs: 15_000 });
    expect(life).toMatchObject({ phase: 'lost', generation: 3, state: { cause: { code: 'agent_lost' } } });
    const back = transition(life, { type: 'agent.enrolled', agent }).state;
    const report = transition(back, { type: 'instance.reported', state: draining.state, generation: 3 });
    expect(report.state).toEqual(draining);
  });

  it('has ended for the cause it was draining for, once its job is known to have ended', () => {
    const { state: life } = transition(draining, { type: 'lease.expired', silentMs: 15_000 });
    const state = { status: 'failed', cause: { code: 'cancelled', message: 'cancelled' } } as const;
    expect(transition(life, { type: 'job.observed', state }).state).toMatchObject({
      phase: 'ended',
      state: { status: 'stopped', cause: { code: 'requested' } },
    });
  });

  it('has failed for the cause it was draining for, whether its job is seen to end before its lease or after', () => {
    const cause = { code: 'node_lost', message: 'node2 is lost' } as const;
    const leaving: Life = { ...ready, state: { status: 'draining', untilMs: 1, cause } };
    const expired = { type: 'lease.expired', silentMs: 15_000 } as const;
    const killed = { code: 'job_ended', message: 'killed, exit code 137' } as const;
    const seen = { type: 'job.observed', state: { status: 'failed', cause: killed } } as const;
    const orders: LifeEvent[][] = [
      [seen, expired],
      [expired, seen],
    ];
    for (const events of orders) {
      const life = events.reduce<Life>((before, event) => transition(before, event).state, leaving);
      expect(life).toMatchObject({ phase: 'ended', state: { status: 'failed', cause } });
    }
  });
});
