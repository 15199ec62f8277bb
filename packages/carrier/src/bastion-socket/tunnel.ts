// Keeps one reverse forward to the bastion up, for data or for control: performs what tunnel-machine.ts decides.

import type { Duplex } from 'node:stream';
import { backoffMs, type BackoffPolicy, callLater, defined, detach, errorText, isCodedError } from '@fairlead/kit';
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

/** After so many failures, which take some minutes, the pauses grow to `longPauseMs`. */
const shortPauses = 60;
const longPauseMs = 30_000;
/** A host answered and refused. When a host comes up again, all agents of the site connect at once: the pauses spread them. */
const refusedPauses = { baseMs: 250, maxMs: 5_000 };
/** No host answered. Such a try takes as long as its time limit and loads no server, so that short pauses do no harm. */
const unansweredPauses = { baseMs: 250, maxMs: 1_000 };
/** A server that counts refused logins may lock this account out; one whose home directory hangs refuses for some minutes only. */
const deniedPauses = { baseMs: 1_200_000, maxMs: 1_200_000, minMs: 600_000 };

type WithoutNow<Event> = Event extends TunnelEvent ? Omit<Event, 'now'> : never;

/** Begins to connect at once, and tries until it is disposed or hopeless. Disposal resolves when its connection is closed. */
export function openTunnel(options: TunnelOptions): Tunnel {
  return new BastionTunnel(options);
}

class BastionTunnel implements Tunnel {
  readonly #options: TunnelOptions;
  readonly #closed = new AbortController();
  #state: TunnelState;
  #forward: Forward | undefined;
  /** The code of the failure that `onTrouble` was told last in this outage. */
  #complained: string | undefined;
  #closing: Promise<void> = Promise.resolve();

  constructor(options: TunnelOptions) {
    this.#options = options;
    this.#state = { status: 'idle', generation: options.firstGeneration };
    this.#dispatch({ type: 'try.due' });
  }

  get state(): TunnelState {
    return this.#state;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort(new Error('the link was closed'));
    this.#dispatch({ type: 'close.ordered' });
    await this.#closing;
  }

  #dispatch(event: WithoutNow<TunnelEvent>): void {
    const { clock, log, kind } = this.#options;
    const from = this.#state.status;
    const { state, effects } = tunnelTransition(this.#state, { ...event, now: clock.monotonicMs() } as TunnelEvent);
    this.#state = state;
    if (from !== state.status) log.debug({ op: 'tunnel', kind, from, to: state.status });
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: TunnelEffect): void {
    switch (effect.type) {
      case 'open':
        return detach(this.#open(effect.generation));
      case 'announce':
        return this.#announce(effect.generation);
      case 'withdraw':
        this.#drop();
        return this.#tell('onDown', () => this.#options.onDown(effect.reason));
      case 'try.later':
        return this.#tryLater(effect);
      case 'complain':
        return this.#complain(effect);
      case 'give_up':
        return this.#tell('onHopeless', () => this.#options.onHopeless(effect));
      case 'drop':
        return this.#drop();
    }
  }

  #announce(generation: number): void {
    const { socketPath, route } = this.#forward!;
    this.#complained = undefined;
    this.#tell('onUp', () => this.#options.onUp({ generation, socketPath, route }));
  }

  #tryLater(effect: Extract<TunnelEffect, { type: 'try.later' }>): void {
    const { clock, random } = this.#options;
    const afterMs = backoffMs(policyFor(effect), effect.attempt, random());
    callLater(() => this.#dispatch({ type: 'try.due' }), { clock, afterMs, signal: this.#closed.signal });
  }

  #complain({ code, message, ...failure }: TunnelFailure): void {
    const { log, kind, onTrouble } = this.#options;
    log.debug({ op: 'tunnel.open', kind, ok: false, code, error: message });
    if (this.#complained === code) return;
    this.#complained = code;
    this.#tell('onTrouble', () => onTrouble({ code, message, ...failure }));
  }

  /** Logs what a listener throws: a fault of ours, which says nothing about the connection. */
  #tell(listener: string, call: () => void): void {
    try {
      call();
    } catch (error) {
      const { log, kind } = this.#options;
      const stack = error instanceof Error ? error.stack : undefined;
      const fields = { op: 'tunnel.listener', kind, ok: false, listener, error: errorText(error), stack };
      log.error(fields, 'a listener of the tunnel failed');
    }
  }

  /** Resolves when the forward that it opened is lost, or is not wanted any more. Never rejects for what the network does. */
  async #open(generation: number): Promise<void> {
    const { signal } = this.#closed;
    const { open = openForward } = this.#options;
    let opened: Forward;
    try {
      opened = await open({ ...this.#options, generation }, signal);
    } catch (error) {
      if (signal.aborted) return;
      return this.#dispatch({ type: 'tunnel.failed', ...failureOf(error) });
    }
    if (signal.aborted) return this.#close(opened);
    this.#forward = opened;
    this.#dispatch({ type: 'tunnel.opened' });
    const message = await opened.lost;
    if (this.#forward === opened) this.#dispatch({ type: 'tunnel.lost', message });
  }

  #drop(): void {
    const dropped = this.#forward;
    this.#forward = undefined;
    if (!dropped) return;
    this.#closing = Promise.all([this.#closing, this.#close(dropped)]).then(() => undefined);
  }

  async #close(dropped: Forward): Promise<void> {
    try {
      await dropped[Symbol.asyncDispose]();
    } catch (error) {
      this.#options.log.debug({ op: 'tunnel.close', kind: this.#options.kind, error: errorText(error) });
    }
  }
}

function failureOf(error: unknown): TunnelFailure {
  const { code, hint } = isCodedError(error) ? error : { code: 'unknown', hint: undefined };
  return { code, message: errorText(error), ...defined({ hint }) };
}

function policyFor({ kind, attempt }: Extract<TunnelEffect, { type: 'try.later' }>): BackoffPolicy {
  if (kind === 'denied') return deniedPauses;
  const policy = kind === 'unanswered' ? unansweredPauses : refusedPauses;
  return attempt < shortPauses ? policy : { ...policy, maxMs: longPauseMs };
}
