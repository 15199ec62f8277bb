// One proven WebSocket to control: says hello, waits for the welcome, carries facts out and orders in.

import { anySignal, type Clock, detach, type Log, openTimeLimit, untilAborted, untilOver } from '@fairlead/kit';
import {
  type AgentHello,
  type AgentMessage,
  agentMessage,
  type ControlMessage,
  controlMessage,
  type ControlWelcome,
  decodeText,
  encodeText,
} from '@fairlead/protocol';
import type { RawData, WebSocket } from 'ws';

export interface AgentSessionOptions {
  socket: WebSocket;
  hello: AgentHello;
  clock: Clock;
  log: Log;
  onMessage: (message: ControlMessage) => void;
}

export interface AgentSession extends Disposable {
  /** Resolves with control's welcome; rejects when it refuses, closes or is silent. */
  readonly welcome: Promise<ControlWelcome>;
  /** Fires when the connection is over. */
  readonly ended: AbortSignal;
  /** Dropped without a word where the connection is over. */
  send(message: AgentMessage): void;
  /** As `send`; resolves when few bytes wait to be written (64 KiB). Rejects when the connection ends before. */
  sendPaced(message: AgentMessage): Promise<void>;
  /** Closes once all that was sent is delivered; `ended` fires then. */
  close(): void;
}

const welcomeTimeoutMs = 15_000;
const pingIntervalMs = 10_000;
/** Two pings may go unanswered: on a slow line an answer waits behind other frames. */
const silenceTimeoutMs = 30_000;
const maxBufferBytes = 64 * 1024;
const retryIntervalMs = 20;

/** The caller owns the session and disposes it; the session owns the socket. */
export function openAgentSession(options: AgentSessionOptions): AgentSession {
  return new Session(options);
}

class Session implements AgentSession {
  readonly #options: AgentSessionOptions;
  readonly #ended = new AbortController();
  readonly #welcome = Promise.withResolvers<ControlWelcome>();
  #heardMs: number;

  constructor(options: AgentSessionOptions) {
    this.#options = options;
    this.#heardMs = options.clock.monotonicMs();
    const { signal } = this.#ended;
    // The caller may have stopped waiting for it.
    detach(untilOver(this.#welcome.promise, signal));
    this.#listen(options.socket);
    detach(untilOver(this.#keepAlive(signal), signal));
    detach(this.#limitWelcome(signal));
    this.send({ ...options.hello, clockMs: options.clock.now() });
  }

  get welcome(): Promise<ControlWelcome> {
    return this.#welcome.promise;
  }

  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  send(message: AgentMessage): void {
    const { socket } = this.#options;
    if (socket.readyState === socket.OPEN) socket.send(encodeText(agentMessage, message));
  }

  async sendPaced(message: AgentMessage): Promise<void> {
    const { socket, clock } = this.#options;
    this.send(message);
    while (socket.bufferedAmount > maxBufferBytes) await clock.sleep(retryIntervalMs, this.ended);
  }

  close(): void {
    this.#options.socket.close(1000);
  }

  [Symbol.dispose](): void {
    this.#end('we closed it');
  }

  #end(why: string): void {
    if (this.ended.aborted) return;
    const error = new Error(why);
    this.#ended.abort(error);
    this.#welcome.reject(error);
    this.#options.socket.terminate();
  }

  #listen(socket: WebSocket): void {
    socket.on('pong', () => this.#heard());
    socket.on('ping', () => this.#heard());
    socket.on('message', (data: RawData) => this.#take((data as Buffer).toString('utf8')));
    socket.on('error', (error) => this.#end(`the connection to control failed: ${error.message}`));
    socket.on('close', (code, reason) => {
      const why = reason.length > 0 ? ` ${reason.toString()}` : '';
      this.#end(`control closed the connection (${code}${why})`);
    });
  }

  #heard(): void {
    this.#heardMs = this.#options.clock.monotonicMs();
  }

  #take(text: string): void {
    const { log, onMessage } = this.#options;
    this.#heard();
    const decoded = decodeText(controlMessage, text);
    if (!decoded.ok) {
      // A newer control may know more kinds of message.
      log.debug({ op: 'control.message', ok: false, path: decoded.path, error: decoded.message });
      return;
    }
    const message = decoded.value;
    if (message.type === 'control.welcome') this.#welcome.resolve(message);
    onMessage(message);
    if (message.type === 'control.refused') this.#end(`control refused: ${message.message}`);
  }

  async #keepAlive(signal: AbortSignal): Promise<void> {
    const { clock, socket } = this.#options;
    for (;;) {
      await clock.sleep(pingIntervalMs, signal);
      if (clock.monotonicMs() - this.#heardMs > silenceTimeoutMs) return this.#end('control is silent');
      if (socket.readyState === socket.OPEN) socket.ping();
    }
  }

  async #limitWelcome(signal: AbortSignal): Promise<void> {
    using limit = openTimeLimit(this.#options.clock, welcomeTimeoutMs);
    const over = anySignal(limit.signal, signal);
    await untilOver(untilAborted(this.#welcome.promise, over), over);
    if (limit.signal.aborted) this.#end('control sent no welcome');
  }
}
