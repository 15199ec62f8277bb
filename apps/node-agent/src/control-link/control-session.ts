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

export interface ControlSessionOptions {
  socket: WebSocket;
  hello: AgentHello;
  clock: Clock;
  log: Log;
  onMessage: (message: ControlMessage) => void;
}

export interface ControlSession extends Disposable {
  /** Resolves with control's welcome; rejects when it refuses, closes or is silent. */
  readonly welcome: Promise<ControlWelcome>;
  /** Fires when the connection is over. */
  readonly ended: AbortSignal;
  send: (message: AgentMessage) => void;
  /** Resolves when the connection has taken what was sent before, more or less. */
  sendPaced: (message: AgentMessage) => Promise<void>;
  /** Closes once all that was sent is delivered; `ended` fires then. */
  close: () => void;
}

const welcomeTimeoutMs = 15_000;
const pingIntervalMs = 10_000;
/** Two pings may go unanswered: on a slow line an answer waits behind other frames. */
const silenceTimeoutMs = 30_000;
const maxBufferBytes = 64 * 1024;
const retryIntervalMs = 20;

export function openControlSession(options: ControlSessionOptions): ControlSession {
  const { socket, hello, clock, log, onMessage } = options;
  const ended = new AbortController();
  const welcome = Promise.withResolvers<ControlWelcome>();
  // Nobody may be waiting for it any more.
  detach(untilOver(welcome.promise, ended.signal));
  let heardMs = clock.monotonicMs();

  const end = (why: string) => {
    if (ended.signal.aborted) return;
    ended.abort(new Error(why));
    welcome.reject(ended.signal.reason);
    socket.terminate();
  };
  const send = (message: AgentMessage) => {
    if (socket.readyState === socket.OPEN) socket.send(encodeText(agentMessage, message));
  };

  socket.on('pong', () => (heardMs = clock.monotonicMs()));
  socket.on('ping', () => (heardMs = clock.monotonicMs()));
  socket.on('close', (code, reason) =>
    end(`control closed the connection (${code}${reason.length > 0 ? ` ${reason.toString()}` : ''})`),
  );
  socket.on('error', (error) => end(`the connection to control failed: ${error.message}`));
  socket.on('message', (data: RawData) => {
    heardMs = clock.monotonicMs();
    const decoded = decodeText(controlMessage, (data as Buffer).toString('utf8'));
    if (!decoded.ok) {
      // A newer control may know more kinds of message.
      log.debug({ op: 'control.message', ok: false, path: decoded.path, error: decoded.message });
      return;
    }
    if (decoded.value.type === 'control.welcome') welcome.resolve(decoded.value);
    onMessage(decoded.value);
    if (decoded.value.type === 'control.refused') end(`control refused: ${decoded.value.message}`);
  });

  const keepAlive = async () => {
    for (;;) {
      await clock.sleep(pingIntervalMs, ended.signal);
      if (clock.monotonicMs() - heardMs > silenceTimeoutMs) return end('control is silent');
      if (socket.readyState === socket.OPEN) socket.ping();
    }
  };
  const limitWelcome = async () => {
    using limit = openTimeLimit(clock, welcomeTimeoutMs);
    const over = anySignal(limit.signal, ended.signal);
    await untilOver(untilAborted(welcome.promise, over), over);
    if (limit.signal.aborted) end('control sent no welcome');
  };
  detach(untilOver(keepAlive(), ended.signal));
  detach(limitWelcome());
  send({ ...hello, clockMs: clock.now() });
  return {
    welcome: welcome.promise,
    ended: ended.signal,
    send,
    async sendPaced(message) {
      send(message);
      while (socket.bufferedAmount > maxBufferBytes) await clock.sleep(retryIntervalMs, ended.signal);
    },
    close: () => socket.close(1000),
    [Symbol.dispose]: () => end('we closed it'),
  };
}
