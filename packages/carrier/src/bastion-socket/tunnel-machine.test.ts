import { renderTransitions } from '@fairlead/kit';
import { describe, expect, it } from 'vitest';
import { tunnelMachine } from './tunnel-table.ts';
import { type TunnelEffect, type TunnelEvent, type TunnelState, tunnelTransition } from './tunnel-machine.ts';

type Bare<Event> = Event extends TunnelEvent ? Omit<Event, 'now'> : never;

const failed = (code: string): Bare<TunnelEvent> => ({ type: 'tunnel.failed', code, message: `it is ${code}` });

function play(from: TunnelState, ...events: Array<{ atMs?: number } & Bare<TunnelEvent>>) {
  let state = from;
  const effects: TunnelEffect[] = [];
  for (const { atMs = 0, ...event } of events) {
    const step = tunnelTransition(state, { ...event, now: atMs } as TunnelEvent);
    state = step.state;
    effects.push(...step.effects);
  }
  return { state, effects };
}

const fresh: TunnelState = { status: 'idle', generation: 1 };

describe('tunnelTransition', () => {
  it('has this table of every state and event', () => {
    expect(renderTransitions(tunnelMachine)).toMatchInlineSnapshot(`
      "| state | event | next | effects |
      |---|---|---|---|
      | idle | try.due | connecting | open |
      | idle | close.ordered | closed | drop |
      | connecting | tunnel.opened | up | announce |
      | connecting | tunnel.failed refused | waiting | complain, try.later backoff |
      | connecting | tunnel.failed timeout | waiting | complain, try.later unanswered |
      | connecting | tunnel.failed auth_failed | waiting | complain, try.later denied |
      | connecting | tunnel.failed socket_exists | connecting | open |
      | connecting | tunnel.failed forward_forbidden, tunnel.failed host_key_changed | hopeless | give_up |
      | connecting | close.ordered | closed | drop |
      | connecting (was up before) | tunnel.opened | up | announce |
      | connecting (was up before) | tunnel.failed refused, tunnel.failed forward_forbidden | waiting | complain, try.later backoff |
      | connecting (was up before) | tunnel.failed timeout | waiting | complain, try.later unanswered |
      | connecting (was up before) | tunnel.failed auth_failed | waiting | complain, try.later denied |
      | connecting (was up before) | tunnel.failed socket_exists | connecting | open |
      | connecting (was up before) | tunnel.failed host_key_changed | hopeless | give_up |
      | connecting (was up before) | close.ordered | closed | drop |
      | up | tunnel.lost | waiting | withdraw, try.later backoff |
      | up | close.ordered | closed | withdraw, drop |
      | waiting | try.due | connecting | open |
      | waiting | close.ordered | closed | drop |
      | hopeless | close.ordered | closed | drop |
      "
    `);
  });

  it('takes a new generation each time it comes up', () => {
    const { effects } = play(
      fresh,
      { type: 'try.due' },
      { type: 'tunnel.opened' },
      { type: 'tunnel.lost', message: 'reset' },
      { type: 'try.due' },
      { type: 'tunnel.opened' },
    );
    expect(effects.filter(({ type }) => type === 'announce')).toEqual([
      { type: 'announce', generation: 1 },
      { type: 'announce', generation: 2 },
    ]);
  });

  it('skips sockets that a former process left behind, without waiting', () => {
    const { state, effects } = play(fresh, { type: 'try.due' }, failed('socket_exists'), failed('socket_exists'));
    expect(state).toMatchObject({ status: 'connecting', generation: 3 });
    expect(effects.map(({ type }) => type)).toEqual(['open', 'open', 'open']);
  });

  it('waits in the end when every socket is taken', () => {
    const taken = Array.from({ length: 30 }, () => failed('socket_exists'));
    expect(play(fresh, { type: 'try.due' }, ...taken).state.status).toBe('waiting');
  });

  it('gives up on forbidden forwarding only when it never worked', () => {
    expect(play(fresh, { type: 'try.due' }, failed('forward_forbidden')).state.status).toBe('hopeless');
    const later = play(
      fresh,
      { type: 'try.due' },
      { type: 'tunnel.opened' },
      { type: 'tunnel.lost', message: 'reset' },
      { type: 'try.due' },
      failed('forward_forbidden'),
    );
    expect(later.state.status).toBe('waiting');
  });

  it('backs off further while it is lost soon after it comes up, and from the beginning after it held', () => {
    const flap = (heldMs: number): Array<{ atMs?: number } & Bare<TunnelEvent>> => [
      { type: 'try.due' },
      { type: 'tunnel.opened', atMs: 0 },
      { type: 'tunnel.lost', message: 'reset', atMs: heldMs },
    ];
    const attempts = (heldMs: number) =>
      play(fresh, ...flap(heldMs), ...flap(heldMs), ...flap(heldMs)).effects.flatMap((effect) =>
        effect.type === 'try.later' ? [effect.attempt] : [],
      );
    expect(attempts(100)).toEqual([1, 2, 3]);
    expect(attempts(60_000)).toEqual([0, 0, 0]);
  });
});
