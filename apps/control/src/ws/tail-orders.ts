// The log tails that control has ordered from one agent. Each tail has its own credit: the agent sends no more than the reader
// has room for, so that the connection is never blocked and no heartbeat waits behind a log.

import type { ControlMessage, LogSource } from '@fairlead/protocol';

export interface TailQuery {
  source: LogSource;
  /** Rank of the node whose log it is. Absent: 0. */
  node?: number | undefined;
  lines: number;
  follow: boolean;
}

export interface TailSink {
  /** Returns false if the sink is full; then it calls `Tail.drained` once it has room. */
  push(lines: string[]): boolean;
  /** The last call. */
  end(error?: string): void;
}

export interface Tail {
  drained(): void;
  /** The reader has gone: the sink gets no more calls. */
  cancel(): void;
}

export interface TailOrdersDeps {
  nextOrderId: () => string;
  send: (message: ControlMessage) => void;
}

/** Chunks of one tail that may be on their way at once. An agent's chunk has 32 KiB of text. */
export const tailCredit = 8;
/** Credit is given back in portions: a grant for each chunk would double the messages. */
const grantAt = tailCredit / 2;

interface Open {
  sink: TailSink;
  full: boolean;
  /** Chunks that the agent may still send. */
  credit: number;
}

export class TailOrders {
  readonly #deps: TailOrdersDeps;
  readonly #open = new Map<string, Open>();

  constructor(deps: TailOrdersDeps) {
    this.#deps = deps;
  }

  open(query: TailQuery, sink: TailSink): Tail {
    const orderId = this.#deps.nextOrderId();
    const tail: Open = { sink, full: false, credit: tailCredit };
    this.#open.set(orderId, tail);
    this.#deps.send({ type: 'log.tail', orderId, ...query, credit: tailCredit });
    return {
      drained: () => {
        tail.full = false;
        this.#grant(orderId);
      },
      cancel: () => this.#cancel(orderId),
    };
  }

  /** Drops a chunk of a tail that has ended. A chunk without credit ends its tail. */
  chunk(orderId: string, lines: string[]): void {
    const tail = this.#open.get(orderId);
    if (!tail) return;
    if (tail.credit === 0) {
      this.#cancel(orderId);
      return tail.sink.end('the agent sent more of the log than it had credit for');
    }
    tail.credit -= 1;
    tail.full = !tail.sink.push(lines);
    this.#grant(orderId);
  }

  end(orderId: string, error: string | undefined): void {
    const tail = this.#open.get(orderId);
    this.#open.delete(orderId);
    tail?.sink.end(error);
  }

  endAll(error: string): void {
    for (const orderId of this.#open.keys()) this.end(orderId, error);
  }

  #grant(orderId: string): void {
    const tail = this.#open.get(orderId);
    if (!tail || tail.full || tail.credit > grantAt) return;
    const credit = tailCredit - tail.credit;
    tail.credit = tailCredit;
    this.#deps.send({ type: 'log.grant', orderId, credit });
  }

  #cancel(orderId: string): void {
    if (this.#open.delete(orderId)) this.#deps.send({ type: 'log.cancel', orderId });
  }
}
