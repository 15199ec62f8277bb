// Opens paths before requests need them, for opening one takes a round trip to the bastion and another to the job. Performs what
// warm-machine.ts decides.

import { nextTick } from 'node:process';
import type { Duplex } from 'node:stream';

import { callLater, type Clock, detach, errorText, type Log } from '@fairlead/kit';
import type { ReachableEndpoint } from '@fairlead/protocol';

import { isSameSocket, type LivePaths, type Path } from './live-paths.ts';
import { firstWarmState, type WarmEffect, type WarmEvent, type WarmState, warmTransition } from './warm-machine.ts';

export interface WarmPathsOptions {
  paths: Pick<LivePaths, 'open'>;
  /** The endpoint that answers now. A channel to another one may look open for a while. */
  endpoint: () => ReachableEndpoint | undefined;
  clock: Clock;
  log: Log;
}

export interface WarmPaths extends Pick<LivePaths, 'open'>, Disposable {}

/** After this time without a request the paths are closed. The front waits longer for their first byte (`idleMs`). */
const idleTimeoutMs = 300_000;

/** Disposal closes the paths that are ready, and no others. */
export function keepWarm(options: WarmPathsOptions): WarmPaths {
  return new Warm(options);
}

class Warm implements WarmPaths {
  readonly #options: WarmPathsOptions;
  readonly #ready: Path[] = [];
  readonly #stop = new AbortController();
  #state: WarmState = firstWarmState;
  #askedMs = 0;
  #isExpiryDue = false;

  constructor(options: WarmPathsOptions) {
    this.#options = options;
  }

  async open(...[signal, patience]: Parameters<LivePaths['open']>): Promise<Path> {
    signal?.throwIfAborted();
    this.#dispatch({ type: 'path.asked', nowMs: this.#options.clock.monotonicMs() });
    const path = (await this.#take()) ?? (await this.#options.paths.open(signal, patience));
    // Behind the request that is about to be sent.
    setImmediate(() => this.#dispatch({ type: 'refill.due' }));
    return path;
  }

  [Symbol.dispose](): void {
    this.#stop.abort(new Error('closed'));
    this.#dispatch({ type: 'close.ordered' });
  }

  #dispatch(event: WarmEvent, opened?: Path): void {
    const { state, effects } = warmTransition(this.#state, event);
    this.#state = state;
    for (const effect of effects) this.#perform(effect, opened);
  }

  #perform(effect: WarmEffect, opened: Path | undefined): void {
    switch (effect.type) {
      case 'open':
        for (let count = effect.count; count > 0; count -= 1) detach(this.#openOne());
        return;
      case 'hold':
        if (opened) this.#hold(opened);
        return;
      case 'discard':
        opened?.channel.destroy();
        return;
      case 'drop':
        for (const { channel } of this.#ready.splice(0)) channel.destroy();
        return;
      case 'idle.await':
        this.#askedMs = this.#options.clock.monotonicMs();
        this.#expireIn(idleTimeoutMs);
        return;
    }
  }

  /** Never rejects: the next request opens a path of its own, and gets the error. */
  async #openOne(): Promise<void> {
    let path: Path;
    try {
      path = await this.#options.paths.open(this.#stop.signal);
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#options.log.debug({ op: 'warm', ok: false, error: errorText(error) });
      return this.#dispatch({ type: 'path.failed' });
    }
    this.#dispatch({ type: 'path.opened' }, path);
  }

  #hold(path: Path): void {
    this.#ready.push(path);
    path.channel.once('close', () => {
      const at = this.#ready.indexOf(path);
      if (at < 0) return;
      this.#ready.splice(at, 1);
      this.#dispatch({ type: 'path.gone' });
    });
  }

  async #take(): Promise<Path | undefined> {
    for (let path = this.#ready.shift(); path; path = this.#ready.shift()) {
      this.#dispatch({ type: 'path.gone' });
      const isUsable = await isOpen(path.channel);
      const now = this.#options.endpoint();
      if (isUsable && now && isSameSocket(path.endpoint, now)) return path;
      path.channel.destroy();
    }
    return undefined;
  }

  /** One timer at a time, however many requests come. */
  #expireIn(afterMs: number): void {
    if (this.#isExpiryDue) return;
    this.#isExpiryDue = true;
    callLater(() => this.#expire(), { clock: this.#options.clock, afterMs, signal: this.#stop.signal });
  }

  #expire(): void {
    this.#isExpiryDue = false;
    const leftMs = this.#askedMs + idleTimeoutMs - this.#options.clock.monotonicMs();
    if (leftMs > 0) this.#expireIn(leftMs);
    else this.#dispatch({ type: 'idle.limit_reached' });
  }
}

/** A stream emits its end only for a reader, in the tick after a read; a path that is held ready has none. */
async function isOpen(channel: Duplex): Promise<boolean> {
  channel.read(0);
  await new Promise<void>((resolve) => nextTick(resolve));
  return channel.writable && channel.readable;
}
