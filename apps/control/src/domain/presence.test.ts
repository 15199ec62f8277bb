// What happens to the presence of an instance's agent, alone and beside the instance's life.

import { renderTransitions, Secret, stay } from '@fairlead/kit';
import { describe, expect, it } from 'vitest';

import { type Held, type HeldEvent, type HeldStep, transitionHeld } from './held-instance.ts';
import type { HeldLink } from './presence.ts';
import { presenceMachine } from './presence-table.ts';
import type { Life } from './records.ts';

const key = new Secret('k');
const agent = { processId: 'p1', restart: 0, hostname: 'node1' };
const cause = { code: 'requested', message: 'as asked' } as const;
const ready: Life = { phase: 'attended', agent, state: { status: 'ready' }, generation: 1, retired: 0 };
const waiting: Life = { phase: 'waiting', state: { status: 'submitted' }, retired: 0 };
const ended: Life = { phase: 'ended', by: 'agent', agent, state: { status: 'stopped', cause }, retired: 1 };

const first = fakeLink();
const second = fakeLink();
const version = { version: '1.0.0', protocol: 1 };

/** A connection whose use would fail the test: the transition only compares it. */
function fakeLink(): HeldLink {
  const fail = () => {
    throw new Error('a pure transition has used a connection');
  };
  return { generation: 1, give: fail, fence: fail, drop: fail };
}

function run(held: Held, ...events: HeldEvent[]) {
  let step: HeldStep = stay(held);
  for (const event of events) step = transitionHeld(step.state, event);
  return { ...step.state, effects: step.effects.map(({ type }) => type) };
}

const attach = (link: HeldLink): HeldEvent => ({ type: 'link.attached', link, apiKey: key, agent: version });

describe('The presence of an agent', () => {
  it('goes as its table says', async () => {
    await expect(renderTransitions(presenceMachine)).toMatchFileSnapshot('./presence.table.md');
  });

  it('begins with a connection, which renews the lease of an attended instance alone', () => {
    const attached = run({ life: ready, presence: {} }, attach(first));
    expect(attached).toMatchObject({
      presence: { link: first, apiKey: key, agent: version },
      effects: ['lease.renew'],
    });
    for (const life of [waiting, ended]) expect(run({ life, presence: {} }, attach(first)).effects).toEqual([]);
  });

  it('takes the newest connection and drops the one before it', () => {
    const replaced = run({ life: ready, presence: {} }, attach(first), attach(second));
    expect(replaced).toMatchObject({ presence: { link: second }, effects: ['link.drop', 'lease.renew'] });
  });

  it('is renewed over its own connection alone', () => {
    const held = { life: ready, presence: { link: second } };
    expect(run(held, { type: 'link.heard', link: second }).effects).toEqual(['lease.renew']);
    expect(run(held, { type: 'link.heard', link: first }).effects).toEqual([]);
  });

  it('loses its connection when that one closes, and keeps it when a replaced one does', () => {
    const held = { life: ready, presence: { link: second, apiKey: key } };
    expect(run(held, { type: 'link.closed', link: first }).presence).toBe(held.presence);
    expect(run(held, { type: 'link.closed', link: second }).presence).toEqual({ apiKey: key });
  });

  it('holds the load that was told last', () => {
    const told = run(
      { life: ready, presence: {} },
      { type: 'load.told', load: { inFlight: 1 } },
      { type: 'load.told', load: { inFlight: 2 } },
    );
    expect(told).toMatchObject({ presence: { load: { inFlight: 2 } }, effects: [] });
  });

  it('has a refusal in the history once in ten minutes, and none for a connection that is merely not the newest', () => {
    const refuse = (code: string, nowMs: number): HeldEvent => ({ type: 'agent.refused', code, message: 'no', nowMs });
    const held = { life: ready, presence: {} };
    expect(run(held, refuse('fenced', 0)).effects).toEqual(['history.add']);
    expect(run(held, refuse('fenced', 0), refuse('fenced', 599_999)).effects).toEqual([]);
    expect(run(held, refuse('fenced', 0), refuse('fenced', 600_000)).effects).toEqual(['history.add']);
    expect(run(held, refuse('too_many', 0)).effects).toEqual([]);
  });

  it('ends its connection when another process of the agent takes charge', () => {
    const other = { ...agent, processId: 'p2', restart: 1 };
    const fenced = run(
      { life: ready, presence: { link: first, apiKey: key } },
      { type: 'agent.enrolled', agent: other },
    );
    expect(fenced).toMatchObject({ presence: { apiKey: key }, effects: ['link.fence', 'history.add'] });
    expect(fenced.presence).not.toHaveProperty('link');
  });
});
