// Log tails through one agent's connection. A slow reader pauses the connection for a while, never so long that
// heartbeats are late, and is cut when it falls too far behind.

import { callLater, type Clock } from '@fairlead/kit';
import type { ControlMessage, LogSource } from '@fairlead/protocol';

export interface TailQuery {
  source: LogSource;
  lines: number;
  follow: boolean;
}

export interface TailSink {
  /** False: the sink is full; it calls `Tail.drained` when it is not any more. */
  push(lines: string[]): boolean;
  /** The last call. */
  end(error?: string): void;
}

export interface Tail {
  drained(): void;
  /** The reader has gone: nothing more comes. */
  cancel(): void;
}

export interface LogTailsDeps {
  nextOrderId: () => string;
  send: (message: ControlMessage) => void;
  clock: Clock;
  pause: () => void;
  resume: () => void;
}

/** A third of the shortest lease: heartbeats wait behind a pause. */
const LONGEST_PAUSE_MS = 3000;
/** How many pauses a reader may take without catching up. */
const MOST_PAUSES = 20;

interface Open {
  sink: TailSink;
  full: boolean;
  pauses: number;
}

export class LogTails {
  readonly #deps: LogTailsDeps;
  readonly #open = new Map<string, Open>();
  #paused: AbortController | undefined;

  constructor(deps: LogTailsDeps) {
    this.#deps = deps;
  }

  open(query: TailQuery, sink: TailSink): Tail {
    const orderId = this.#deps.nextOrderId();
    this.#open.set(orderId, { sink, full: false, pauses: 0 });
    this.#deps.send({ type: 'log.tail', orderId, ...query });
    return {
      drained: () => this.#drained(orderId),
      cancel: () => {
        if (this.#forget(orderId)) this.#deps.send({ type: 'log.cancel', orderId });
      },
    };
  }

  chunk(orderId: string, lines: string[]): void {
    const tail = this.#open.get(orderId);
    if (!tail) return;
    tail.full = !tail.sink.push(lines);
    if (!tail.full) tail.pauses = 0;
    else if (tail.pauses < MOST_PAUSES) this.#pause(tail);
    else this.#cut(orderId, tail);
  }

  end(orderId: string, error: string | undefined): void {
    const tail = this.#forget(orderId);
    tail?.sink.end(error);
  }

  endAll(error: string): void {
    for (const orderId of this.#open.keys()) this.end(orderId, error);
  }

  #pause(tail: Open): void {
    if (this.#paused !== undefined) return;
    tail.pauses += 1;
    this.#deps.pause();
    this.#paused = new AbortController();
    // Aborted when the readers have caught up.
    const { signal } = this.#paused;
    callLater(() => this.#resume(), { clock: this.#deps.clock, afterMs: LONGEST_PAUSE_MS, signal });
  }

  #resume(): void {
    if (this.#paused === undefined) return;
    this.#paused.abort();
    this.#paused = undefined;
    this.#deps.resume();
  }

  #drained(orderId: string): void {
    const tail = this.#open.get(orderId);
    if (tail) {
      tail.full = false;
      tail.pauses = 0;
    }
    if (![...this.#open.values()].some(({ full }) => full)) this.#resume();
  }

  #cut(orderId: string, tail: Open): void {
    this.#forget(orderId);
    this.#deps.send({ type: 'log.cancel', orderId });
    tail.sink.end('the reader is too slow: ask for fewer lines');
  }

  #forget(orderId: string): Open | undefined {
    const tail = this.#open.get(orderId);
    this.#open.delete(orderId);
    if (![...this.#open.values()].some(({ full }) => full)) this.#resume();
    return tail;
  }
}
