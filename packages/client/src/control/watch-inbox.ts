// The messages of one watch that the reader has not taken yet, and how the watch ended.

import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';

import { callLater, type Clock, CodedError, markHandled } from '@fairlead/kit';
import type { WebSocket } from 'ws';

import type { ClientErrorCode } from '../client-error.ts';
import { answerError, readAnswerBody } from './control-transport.ts';

/** Control pings every few seconds; a connection that is silent for this long is dead. */
const silenceTimeoutMs = 30_000;
/** Characters that wait for a slow reader. With more, the socket is paused; control then drops this watcher, or sends a new snapshot. */
const waitingLimit = 4 * 1024 * 1024;

/** Disposal removes the timer and the signal's listener; the caller closes the socket. */
export class WatchInbox implements Disposable {
  /** Resolves when control has taken the watcher; rejects as `next` does. */
  readonly opened: Promise<unknown>;
  readonly #ws: WebSocket;
  readonly #clock: Clock;
  readonly #signal: AbortSignal | undefined;
  readonly #texts: string[] = [];
  readonly #ended = Promise.withResolvers<never>();
  readonly #closed = new AbortController();
  /** Characters in `#texts`. */
  #waiting = 0;
  #arrived = Promise.withResolvers<void>();
  #heardMs: number;

  constructor(ws: WebSocket, clock: Clock, signal: AbortSignal | undefined) {
    this.#ws = ws;
    this.#clock = clock;
    this.#signal = signal;
    this.#heardMs = clock.monotonicMs();
    // The next read rejects with it: the end may come while no read is waiting.
    markHandled(this.#ended.promise);
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    ws.on('message', (data: Buffer) => this.#take(data.toString('utf8')));
    ws.on('ping', () => this.#hear());
    ws.on('unexpected-response', (_request, answer) => this.#refuse(answer));
    ws.on('error', (error) => this.#fail(error));
    ws.on('close', (code) => this.#fail(new Error(`closed with code ${code}`)));
    this.#checkLater(silenceTimeoutMs);
    this.opened = Promise.race([once(ws, 'open'), this.#ended.promise]);
  }

  /** Resolves with the next message. Rejects with `control_unreachable`, control's refusal or the signal's reason when the watch has ended and all is read. */
  async next(): Promise<string> {
    for (;;) {
      const text = this.#texts.shift();
      if (text !== undefined) {
        this.#waiting -= text.length;
        if (this.#ws.isPaused && this.#waiting <= waitingLimit / 2) this.#resume();
        return text;
      }
      this.#arrived = Promise.withResolvers<void>();
      await Promise.race([this.#arrived.promise, this.#ended.promise]);
    }
  }

  [Symbol.dispose](): void {
    this.#closed.abort();
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = () => this.#fail(this.#signal?.reason);

  #take(text: string): void {
    this.#texts.push(text);
    this.#waiting += text.length;
    if (this.#waiting > waitingLimit) this.#ws.pause();
    this.#hear();
    this.#arrived.resolve();
  }

  #resume(): void {
    this.#ws.resume();
    this.#hear();
  }

  #hear(): void {
    this.#heardMs = this.#clock.monotonicMs();
  }

  #refuse(answer: IncomingMessage): void {
    readAnswerBody(answer).then(
      (text) => this.#ended.reject(answerError(answer.statusCode ?? 500, text)),
      (error: unknown) => this.#fail(error),
    );
  }

  #fail(cause: unknown): void {
    const message = 'cannot go on watching because the connection to control ended';
    const lost = () => new CodedError<ClientErrorCode>('control_unreachable', message, { retryable: true, cause });
    this.#ended.reject(this.#signal?.aborted ? this.#signal.reason : lost());
  }

  #check(): void {
    const leftMs = silenceTimeoutMs - (this.#clock.monotonicMs() - this.#heardMs);
    // A paused socket is silent however alive control is.
    if (leftMs <= 0 && !this.#ws.isPaused) this.#fail(new Error('silence'));
    else this.#checkLater(leftMs > 0 ? leftMs : silenceTimeoutMs);
  }

  #checkLater(afterMs: number): void {
    callLater(() => this.#check(), { clock: this.#clock, afterMs, signal: this.#closed.signal });
  }
}
