// One agent's WebSocket: messages in, orders out. What they mean is for AgentDesk to say.

import { type Clock, errorText, type Log } from '@fairlead/kit';
import {
  type AgentMessage,
  agentMessage,
  type ControlMessage,
  decodeValue,
  type StopMode,
  type WireErrorCode,
} from '@fairlead/protocol';
import type { RawData, WebSocket } from 'ws';

import type { AgentLine } from '../directory.ts';
import { LogTails } from './log-tails.ts';

export interface AgentLinkDeps {
  socket: WebSocket;
  generation: number;
  clock: Clock;
  log: Log;
  nextOrderId: () => string;
  onMessage: (message: AgentMessage) => void;
  onClose: () => void;
}

/** https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 */
const POLICY_VIOLATION = 1008;

const KNOWN_TYPES: ReadonlySet<unknown> = new Set(agentMessage.options.map((option) => option.shape.type.value));

export class AgentLink implements AgentLine {
  readonly generation: number;
  readonly tails: LogTails;
  readonly #deps: AgentLinkDeps;

  constructor(deps: AgentLinkDeps) {
    this.#deps = deps;
    this.generation = deps.generation;
    this.tails = new LogTails({
      nextOrderId: deps.nextOrderId,
      clock: deps.clock,
      send: (message) => this.send(message),
      pause: () => deps.socket.pause(),
      resume: () => deps.socket.resume(),
    });
    deps.socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    deps.socket.on('error', (error) => deps.log.debug({ op: 'agent.link', ok: false, error: errorText(error) }));
    deps.socket.on('close', () => {
      this.tails.endAll('the connection to the agent was lost');
      deps.onClose();
    });
  }

  send(message: ControlMessage): void {
    if (this.#deps.socket.readyState === this.#deps.socket.OPEN) this.#deps.socket.send(JSON.stringify(message));
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
    this.send({ type: 'control.refused', code, message, ...(hint === undefined ? {} : { hint }) });
    this.#deps.socket.close(POLICY_VIOLATION, code);
  }

  drop(): void {
    this.#deps.socket.terminate();
  }

  get isOpen(): boolean {
    return this.#deps.socket.readyState === this.#deps.socket.OPEN;
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (!this.isOpen) return;
    const value = isBinary ? undefined : parseJson(data);
    if (typeof value !== 'object' || value === null || !('type' in value) || typeof value.type !== 'string')
      return this.refuse({
        code: 'bad_request',
        message: 'cannot read a message because it is no JSON object with a type',
      });
    if (!KNOWN_TYPES.has(value.type)) {
      this.#deps.log.debug({ op: 'agent.message', ok: false, type: value.type.slice(0, 64) }, 'unknown type: ignored');
      return;
    }
    const decoded = decodeValue(agentMessage, value);
    if (decoded.ok) return this.#deps.onMessage(decoded.value);
    const { path, message } = decoded;
    this.refuse({ code: 'bad_request', message: `cannot read ${value.type} because ${path || 'it'}: ${message}` });
  }
}

function parseJson(data: RawData): unknown {
  try {
    return JSON.parse((data as Buffer).toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
