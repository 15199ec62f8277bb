// The log tails that control asked for over one connection: each reads its file and sends chunks, never faster than
// the connection takes them.

import { join } from 'node:path';
import { anySignal, type Clock, detach, errorText, type Log } from '@fairlead/kit';
import type { AgentMessage, ControlMessage, LogSource } from '@fairlead/protocol';
import { chunkLines } from '../log-tail/chunk-lines.ts';
import { followLog } from '../log-tail/follow-log.ts';

export interface LogTailsOptions {
  jobDir: string;
  clock: Clock;
  log: Log;
  /** Resolves when more may be sent. */
  send: (message: AgentMessage) => Promise<void>;
  /** The end of the connection. */
  signal: AbortSignal;
}

const FILES: Record<LogSource, string> = { agent: 'agent.log', engine: 'engine.log', job: 'job.log' };
const MOST_TAILS = 16;

type TailOrder = Extract<ControlMessage, { type: 'log.tail' }>;

export class LogTails {
  readonly #options: LogTailsOptions;
  readonly #tails = new Map<string, { cancel: AbortController; done: Promise<void> }>();
  readonly #finish = new AbortController();

  constructor(options: LogTailsOptions) {
    this.#options = options;
  }

  /** Runs by itself; answered by `log.ended` in every case. */
  start(order: TailOrder): void {
    if (this.#tails.has(order.orderId)) return;
    if (this.#tails.size >= MOST_TAILS) {
      return detach(this.#end(order.orderId, `cannot follow more than ${MOST_TAILS} logs at once`));
    }
    const cancel = new AbortController();
    const done = this.#run(order, anySignal(cancel.signal, this.#options.signal));
    this.#tails.set(order.orderId, { cancel, done });
    detach(done);
  }

  cancel(orderId: string): void {
    this.#tails.get(orderId)?.cancel.abort(new Error('the tail was cancelled'));
  }

  /** Sends what is there to be read, then ends every tail. */
  async finish(): Promise<void> {
    this.#finish.abort();
    await Promise.all([...this.#tails.values()].map(({ done }) => done));
  }

  async #run({ orderId, source, lines, follow }: TailOrder, signal: AbortSignal): Promise<void> {
    const { jobDir, clock, send } = this.#options;
    const finish = this.#finish.signal;
    let failure: string | undefined;
    try {
      const path = join(jobDir, FILES[source]);
      for await (const found of followLog({ path, lines, follow, clock, signal, finish })) {
        for (const chunk of chunkLines(found)) await send({ type: 'log.chunk', orderId, lines: chunk });
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
      await this.#options.send({ type: 'log.ended', orderId, ...(error === undefined ? {} : { error }) });
    } catch (failure) {
      this.#options.log.debug({ op: 'log.tail', orderId, error: errorText(failure) });
    }
  }
}
