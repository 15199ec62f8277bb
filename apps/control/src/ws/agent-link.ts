// One agent's WebSocket: decodes its messages and sends orders. AgentDesk decides what they mean.

import { callLater, type Clock, defined, errorText, Guard, type Log } from '@fairlead/kit';
import {
  type AgentMessage,
  type ControlMessage,
  controlMessage,
  encodeText,
  type StopMode,
  type VersionRange,
  type WireErrorCode,
} from '@fairlead/protocol';
import type { RawData, WebSocket } from 'ws';

import type { HeldLink } from '../domain/presence.ts';
import { decodeAgentFrame } from './decode-agent-frame.ts';
import { TailOrders } from './tail-orders.ts';

export interface AgentLinkDeps {
  socket: WebSocket;
  generation: number;
  clock: Clock;
  log: Log;
  nextOrderId: () => string;
  /** The protocol versions that we speak. */
  versions: VersionRange;
  /** Before each message that was read, and for each ping and pong. */
  onHeard: () => void;
  onMessage: (message: AgentMessage) => void;
  /** Called for a frame that cannot be decoded; then the link refuses the agent. */
  onUnreadable: (why: { code: WireErrorCode; message: string }) => void;
  onClose: () => void;
}

/** Limit of the answers that wait for an agent that does not read. */
const maxUnreadBytes = 1024 * 1024;

/** https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 */
const policyViolation = 1008;

export class AgentLink implements HeldLink {
  readonly generation: number;
  readonly tails: TailOrders;
  readonly #deps: AgentLinkDeps;
  readonly #closed = new AbortController();

  constructor(deps: AgentLinkDeps) {
    this.#deps = deps;
    this.generation = deps.generation;
    this.tails = new TailOrders({
      nextOrderId: deps.nextOrderId,
      send: (message) => this.send(message),
    });
    const guard = new Guard(deps.log);
    // A handler that threw may have done half of its work: the link is dropped, and the agent sends its whole state again on the next one.
    deps.socket.on('message', (data, isBinary) => {
      if (!guard.run('agent.message', () => this.#receive(data, isBinary))) this.drop();
    });
    deps.socket.on('error', (error) => deps.log.debug({ op: 'agent.link', ok: false, error: errorText(error) }));
    deps.socket.on('ping', () => {
      deps.onHeard();
      this.#dropUnread();
    });
    deps.socket.on('pong', () => deps.onHeard());
    deps.socket.on('close', () => {
      this.#closed.abort();
      guard.run('agent.close', () => this.tails.endAll('the connection to the agent was lost'));
      guard.run('agent.close', () => deps.onClose());
    });
  }

  send(message: ControlMessage): void {
    if (!this.isOpen) return;
    this.#deps.socket.send(encodeText(controlMessage, message));
    this.#dropUnread();
  }

  give(mode: StopMode): void {
    const orderId = this.#deps.nextOrderId();
    this.send(mode === 'now' ? { type: 'instance.stop', orderId } : { type: 'instance.drain', orderId });
  }

  fence(): void {
    this.refuse({
      code: 'fenced',
      message: 'cannot go on because a newer start of this instance, or another instance, has taken over',
    });
  }

  refuse(why: { code: WireErrorCode; message: string; hint?: string }): void {
    const { code, message, hint } = why;
    this.send({ type: 'control.refused', code, message, ...defined({ hint }) });
    this.#deps.socket.close(policyViolation, code);
  }

  drop(): void {
    this.#deps.socket.terminate();
  }

  dropAfter(ms: number): void {
    callLater(() => this.drop(), { clock: this.#deps.clock, afterMs: ms, signal: this.#closed.signal });
  }

  get isOpen(): boolean {
    return this.#deps.socket.readyState === this.#deps.socket.OPEN;
  }

  #dropUnread(): void {
    if (this.#deps.socket.bufferedAmount <= maxUnreadBytes) return;
    this.#deps.log.warn({ op: 'agent.link', ok: false }, 'dropped: it does not read what it is answered');
    this.drop();
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (!this.isOpen) return;
    const frame = decodeAgentFrame(data as Buffer, isBinary, this.#deps.versions);
    switch (frame.kind) {
      case 'message':
        this.#deps.onHeard();
        return this.#deps.onMessage(frame.message);
      case 'refused':
        this.#deps.onUnreadable(frame);
        return this.refuse(frame);
      case 'ignored':
        this.#deps.onHeard();
        this.#deps.log.debug({ op: 'agent.message', ok: false, type: frame.type }, 'unknown type: ignored');
    }
  }
}
