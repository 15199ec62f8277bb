// Keeps one reverse forward to the bastion up, for data or for control: performs what tunnel-machine.ts decides.

import type { Duplex } from 'node:stream';
import { backoffMs, type BackoffPolicy, callLater, detach, errorText, isCodedError } from '@fairlead/kit';
import type { RouteTaken } from '@fairlead/ssh';
import { type Forward, type ForwardOptions, openForward } from './open-forward.ts';
import {
  type TunnelEffect,
  type TunnelEvent,
  type TunnelFailure,
  type TunnelState,
  tunnelTransition,
} from './tunnel-machine.ts';

export interface TunnelOptions extends Omit<ForwardOptions, 'generation'> {
  firstGeneration: number;
  accept: (stream: Duplex) => void;
  onUp: (at: { generation: number; socketPath: string; route: RouteTaken }) => void;
  onDown: (reason: string) => void;
  /** Once per outage and cause, not once per try. */
  onTrouble: (failure: TunnelFailure) => void;
  /** There will be no further try. */
  onHopeless: (failure: TunnelFailure) => void;
  random: () => number;
  /** Default: `openForward`. */
  open?: typeof openForward;
}

export interface Tunnel extends AsyncDisposable {
  readonly state: TunnelState;
}

/** Minutes of tries: longer outages are waited for in longer steps. */
const soonTries = 60;
const longMs = 30_000;
/** Somebody was there and turned us away: a host that comes up again meets all agents of the site at once. */
const turnedAway = { baseMs: 250, maxMs: 5_000 };
/** Nobody answered, which took its time and cost nobody anything: be there when the path is back. */
const unanswered = { baseMs: 250, maxMs: 1_000 };
/** A bastion whose home directory hangs says "denied" too: minutes, not hours. */
const deniedPattern = { baseMs: 1_200_000, maxMs: 1_200_000, minMs: 600_000 };

type WithoutNow<Event> = Event extends TunnelEvent ? Omit<Event, 'now'> : never;

export function openTunnel(options: TunnelOptions): Tunnel {
  const { clock, open: openThere = openForward } = options;
  const closed = new AbortController();
  let state: TunnelState = { status: 'idle', generation: options.firstGeneration };
  let forward: Forward | undefined;
  let complained: string | undefined;
  let closing: Promise<void> = Promise.resolve();

  function dispatch(event: WithoutNow<TunnelEvent>): void {
    const before = state.status;
    const result = tunnelTransition(state, { ...event, now: clock.monotonicMs() } as TunnelEvent);
    state = result.state;
    if (before !== state.status)
      options.log.debug({ op: 'tunnel', kind: options.kind, from: before, to: state.status });
    for (const effect of result.effects) perform(effect);
  }

  function perform(effect: TunnelEffect): void {
    switch (effect.type) {
      case 'open':
        return detach(open(effect.generation));
      case 'announce':
        return announce(effect.generation, forward!);
      case 'withdraw':
        drop();
        return tell('onDown', () => options.onDown(effect.reason));
      case 'try.later': {
        const afterMs = backoffMs(policyFor(effect), effect.attempt, options.random());
        return callLater(() => dispatch({ type: 'try.due' }), { clock, afterMs, signal: closed.signal });
      }
      case 'complain':
        options.log.debug({
          op: 'tunnel.open',
          kind: options.kind,
          ok: false,
          code: effect.code,
          error: effect.message,
        });
        if (complained === effect.code) return;
        complained = effect.code;
        return tell('onTrouble', () => options.onTrouble(effect));
      case 'give_up':
        return tell('onHopeless', () => options.onHopeless(effect));
      case 'drop':
        return drop();
    }
  }

  function announce(generation: number, { socketPath, route }: Forward): void {
    complained = undefined;
    tell('onUp', () => options.onUp({ generation, socketPath, route }));
  }

  /** Logs what a listener throws: a fault of ours, which says nothing about the connection. */
  function tell(listener: string, call: () => void): void {
    try {
      call();
    } catch (error) {
      const stack = error instanceof Error ? error.stack : undefined;
      const fields = { op: 'tunnel.listener', kind: options.kind, ok: false, listener, error: errorText(error), stack };
      options.log.error(fields, 'a listener of the tunnel failed');
    }
  }

  async function open(generation: number): Promise<void> {
    let opened: Forward;
    try {
      opened = await openThere({ ...options, generation }, closed.signal);
    } catch (error) {
      if (closed.signal.aborted) return;
      const { code, hint } = isCodedError(error) ? error : { code: 'unknown', hint: undefined };
      return dispatch({
        type: 'tunnel.failed',
        code,
        message: errorText(error),
        ...(hint === undefined ? {} : { hint }),
      });
    }
    if (closed.signal.aborted) return close(opened);
    forward = opened;
    dispatch({ type: 'tunnel.opened' });
    const message = await opened.lost;
    if (forward === opened) dispatch({ type: 'tunnel.lost', message });
  }

  function drop(): void {
    const dropped = forward;
    forward = undefined;
    if (!dropped) return;
    closing = Promise.all([closing, close(dropped)]).then(() => undefined);
  }

  async function close(dropped: Forward): Promise<void> {
    try {
      await dropped[Symbol.asyncDispose]();
    } catch (error) {
      options.log.debug({ op: 'tunnel.close', kind: options.kind, error: errorText(error) });
    }
  }

  dispatch({ type: 'try.due' });
  return {
    get state() {
      return state;
    },
    async [Symbol.asyncDispose]() {
      closed.abort(new Error('the link was closed'));
      dispatch({ type: 'close.ordered' });
      await closing;
    },
  };
}

function policyFor({ kind, attempt }: Extract<TunnelEffect, { type: 'try.later' }>): BackoffPolicy {
  if (kind === 'denied') return deniedPattern;
  const policy = kind === 'unanswered' ? unanswered : turnedAway;
  return attempt < soonTries ? policy : { ...policy, maxMs: longMs };
}
