// The log tails that control asked for over one connection: each reads its file and sends chunks, never more than control
// has given it credit for. A tail without credit holds one block of its file and nothing of the connection.

import { join } from 'node:path';
import { anySignal, type Clock, detach, errorText, type Log, defined } from '@fairlead/kit';
import type { AgentMessage, ControlMessage } from '@fairlead/protocol';
import { chunkLines } from '../log-tail/chunk-lines.ts';
import { followLog } from '../log-tail/follow-log.ts';
import { logFileOf } from '../job/log-file.ts';
import { Credit } from './credit.ts';

export interface LogTailsOptions {
  jobDir: string;
  /** Of the job. */
  nodes: number;
  clock: Clock;
  log: Log;
  /** Resolves when more may be sent. */
  send: (message: AgentMessage) => Promise<void>;
  /** The end of the connection. */
  signal: AbortSignal;
}

/** Besides one of each node. */
const maxTails = 16;

type TailOrder = Extract<ControlMessage, { type: 'log.tail' }>;

interface Tail {
  cancel: AbortController;
  credit: Credit;
  done: Promise<void>;
}

export class LogTails {
  readonly #options: LogTailsOptions;
  readonly #tails = new Map<string, Tail>();
  readonly #finish = new AbortController();

  constructor(options: LogTailsOptions) {
    this.#options = options;
  }

  /** Runs by itself; answered by `log.ended` in every case. */
  start(order: TailOrder): void {
    if (this.#tails.has(order.orderId)) return;
    const limit = maxTails + (this.#options.nodes === 1 ? 0 : this.#options.nodes);
    if (this.#tails.size >= limit) {
      return detach(this.#end(order.orderId, `cannot follow more than ${limit} logs at once`));
    }
    const cancel = new AbortController();
    const credit = new Credit(order.credit);
    const done = this.#run(order, credit, anySignal(cancel.signal, this.#options.signal));
    this.#tails.set(order.orderId, { cancel, credit, done });
    detach(done);
  }

  grant(orderId: string, credit: number): void {
    this.#tails.get(orderId)?.credit.grant(credit);
  }

  cancel(orderId: string): void {
    this.#tails.get(orderId)?.cancel.abort(new Error('the tail was cancelled'));
  }

  /** Sends what is there to be read, then ends every tail. */
  async finish(): Promise<void> {
    this.#finish.abort();
    await Promise.all([...this.#tails.values()].map(({ done }) => done));
  }

  async #run({ orderId, source, node, lines, follow }: TailOrder, credit: Credit, signal: AbortSignal): Promise<void> {
    const { jobDir, nodes, clock, send } = this.#options;
    const finish = this.#finish.signal;
    let failure: string | undefined;
    try {
      const path = join(jobDir, logFileOf(source, { nodes, rank: node ?? 0 }));
      for await (const found of followLog({ path, lines, follow, clock, signal, finish })) {
        for (const chunk of chunkLines(found)) {
          await credit.take(signal);
          await send({ type: 'log.chunk', orderId, lines: chunk });
        }
        if (signal.aborted) break;
      }
    } catch (error) {
      failure = signal.aborted ? undefined : errorText(error);
    }
    this.#tails.delete(orderId);
    await this.#end(orderId, failure);
  }

  async #end(orderId: string, error: string | undefined): Promise<void> {
    if (this.#options.signal.aborted) return;
    try {
      await this.#options.send({ type: 'log.ended', orderId, ...defined({ error }) });
    } catch (failure) {
      this.#options.log.debug({ op: 'log.tail', orderId, error: errorText(failure) });
    }
  }
}
