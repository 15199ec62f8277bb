// One SSH connection of ssh2 and its end. Every wait fails when the connection ends, because ssh2 drops its callbacks then;
// the first cause of the end wins.

import { type CodedError, errorText } from '@fairlead/kit';
import type { Channel, Client } from 'ssh2';
import { type SshErrorCode, sshError } from '../ssh-error.ts';
import { ChannelStream, type ClosesWhen } from './channel-stream.ts';
import type { Transport } from './transport.ts';

export interface WaitOptions {
  signal?: AbortSignal | undefined;
  timeoutMs?: number | undefined;
}

type Callback<T> = (error: Error | null | undefined, value?: T) => void;

const maxNotes = 50;

export class SshLink {
  readonly client: Client;
  readonly label: string;
  /** Resolves with the cause of the end; undefined if this side closed it. Never rejects. */
  readonly closed: Promise<CodedError<SshErrorCode> | undefined>;
  readonly #transport: Transport;
  readonly #ended = new AbortController();
  /** The last debug messages of the server: OpenSSH gives there its reasons for a refusal. */
  readonly #notes: string[] = [];
  #noteCount = 0;
  readonly #streams = new Set<ChannelStream>();
  /** The waits for an answer; each is called with the reason when the connection ends. */
  readonly #waiting = new Set<(reason: unknown) => void>();
  #cause: CodedError<SshErrorCode> | undefined;
  #isEnding = false;

  constructor(client: Client, transport: Transport, label: string) {
    this.client = client;
    this.label = label;
    this.#transport = transport;
    const { promise, resolve } = Promise.withResolvers<CodedError<SshErrorCode> | undefined>();
    this.closed = promise;
    // Before ssh2 tells its channels: it would end them as if the peer had.
    transport.stream.prependListener('close', () => {
      const cause = transport.stream.errored;
      this.end(this.#lost(cause ?? undefined));
      resolve(this.#cause);
    });
  }

  #lost(cause: unknown): CodedError<SshErrorCode> {
    const why = cause === undefined ? 'the other side closed the connection' : errorText(cause);
    return sshError('connection_lost', `lost ${this.label}: ${why}`, { retryable: true, cause });
  }

  /** Fires when the connection has ended or is about to. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** How many debug messages the server has sent so far. */
  get noteCount(): number {
    return this.#noteCount;
  }

  addNote(text: string): void {
    this.#noteCount += 1;
    this.#notes.push(text);
    if (this.#notes.length > maxNotes) this.#notes.shift();
  }

  /** The debug messages after the first `count`, without those that are too old to be kept. */
  notesSince(count: number): string[] {
    const dropped = this.#noteCount - this.#notes.length;
    return this.#notes.slice(Math.max(0, count - dropped));
  }

  /** Ends the connection at once. Without a cause, this side closes it. Later causes are ignored. */
  end(cause?: CodedError<SshErrorCode>): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#cause = cause;
    const reason = cause ?? sshError('connection_lost', `cannot go on with ${this.label} because it was closed here`);
    this.#ended.abort(reason);
    for (const fail of this.#waiting) fail(reason);
    for (const stream of this.#streams) stream.destroy(cause);
    // Says goodbye, so that the server ends its side at once; it does no harm if the transport loses that.
    if (!cause) this.client.end();
    this.#transport.stream.destroy();
  }

  /** Waits for a callback of ssh2. Rejects when the connection ends, the signal fires, or the time limit (default 30 s) is over. */
  request<T>(start: (callback: Callback<T>) => void, wait: WaitOptions & { what: string }): Promise<T> {
    // Without helpers: each new channel passes here, and one combined promise or signal costs as much as the rest of the code.
    return new Promise((resolve, reject) => {
      const { signal } = wait;
      this.ended.throwIfAborted();
      signal?.throwIfAborted();
      const stopWaiting = () => {
        clearTimeout(timer);
        this.#waiting.delete(fail);
        signal?.removeEventListener('abort', onAbort);
      };
      const fail = (reason: unknown) => {
        stopWaiting();
        reject(reason);
      };
      const onAbort = () => fail(signal?.reason);
      const onLate = () =>
        fail(sshError('timeout', `cannot ${wait.what} because ${this.label} does not answer`, { retryable: true }));
      const timer = setTimeout(onLate, wait.timeoutMs ?? 30_000);
      this.#waiting.add(fail);
      signal?.addEventListener('abort', onAbort);
      try {
        start((error, value) => {
          stopWaiting();
          if (error) reject(error);
          else resolve(value as T);
        });
      } catch (error) {
        // ssh2 throws where its socket has just closed, which this link has not heard yet; the timer must not outlive that.
        if (errorText(error) === 'Not connected') this.end(this.#lost(error));
        fail(this.ended.aborted ? this.ended.reason : error);
      }
    });
  }

  /** As `request`, for a channel. A channel that opens after its caller gave up is closed. */
  async openChannel<C extends Channel>(
    start: (callback: Callback<C>) => void,
    wait: WaitOptions & { what: string },
  ): Promise<C> {
    let isWanted = true;
    try {
      return await this.request<C>((callback) => {
        start((error, channel) => {
          if (channel && !isWanted) channel.close();
          callback(error, channel);
        });
      }, wait);
    } catch (error) {
      isWanted = false;
      throw error;
    }
  }

  adopt(channel: Channel, closesWhen?: ClosesWhen): ChannelStream {
    const stream = new ChannelStream(channel, this.#transport, closesWhen);
    this.#streams.add(stream);
    stream.once('close', () => this.#streams.delete(stream));
    if (this.ended.aborted) stream.destroy();
    return stream;
  }
}
