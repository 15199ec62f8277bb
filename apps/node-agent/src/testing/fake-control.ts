// Control's end of the link for the agent's own tests: finds the agent's control socket, dials it as TLS server, and
// records what the agent sends. It accepts every agent and keeps no state between connections. As the real one, it dials again
// where a connection ended before its handshake was done.

import { type FSWatcher, watch } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { errnoOf, Listeners, Secret } from '@fairlead/kit';
import {
  type AgentMessage,
  agentMessage,
  type ControlMessage,
  controlMessage,
  decodeText,
  encodeText,
  parseSocketName,
  protocolVersion,
} from '@fairlead/protocol';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { TestIdentity } from '@fairlead/carrier/testing';

type MessageOf<Type extends AgentMessage['type']> = Extract<AgentMessage, { type: Type }>;

export interface FakeControlOptions {
  runDir: string;
  identity: TestIdentity;
  heartbeatMs?: number;
  /** Whether events are acknowledged. Default true. */
  records?: boolean;
  /** Sent in place of the welcome. */
  refusal?: Extract<ControlMessage, { type: 'control.refused' }>;
}

export interface FakeControl extends AsyncDisposable {
  /** Bearer tokens, in the order in which they came. */
  readonly tokens: string[];
  readonly messages: AgentMessage[];
  /** Names of the control sockets it dialled. */
  readonly dialled: string[];
  /** Called for each connection that ended before its TLS handshake was done. */
  readonly turnedAway: Listeners<void>;
  /** The first message of this type, past or to come, that fits. Rejects after a time that nothing takes, with what came instead. */
  heard<Type extends AgentMessage['type']>(
    type: Type,
    fits?: (message: MessageOf<Type>) => boolean,
  ): Promise<MessageOf<Type>>;
  send(message: ControlMessage): void;
}

/** Shorter than the limit of a test, which would tell nothing. */
const hearLimitMs = 45_000;
const redialMs = 500;

export async function openFakeControl(options: FakeControlOptions): Promise<FakeControl> {
  const control = new RecordingControl(options);
  await control.dialAll();
  return control;
}

class RecordingControl implements FakeControl {
  readonly tokens: string[] = [];
  readonly messages: AgentMessage[] = [];
  readonly dialled: string[] = [];
  readonly turnedAway = new Listeners<void>();
  readonly #options: FakeControlOptions;
  readonly #heard = new Listeners<AgentMessage>();
  readonly #sockets = new Set<Socket>();
  readonly #http = createServer();
  readonly #server = new WebSocketServer({ server: this.#http, path: '/v1/agent' });
  readonly #watcher: FSWatcher;
  #agent: WebSocket | undefined;
  #isClosed = false;

  constructor(options: FakeControlOptions) {
    this.#options = options;
    this.#server.on('connection', (socket, request) => {
      this.#agent = socket;
      this.tokens.push((request.headers.authorization ?? '').replace(/^Bearer /, ''));
      socket.on('message', (data: RawData) => this.#take((data as Buffer).toString()));
      // Its `close` follows.
      socket.on('error', () => undefined);
    });
    this.#watcher = watch(options.runDir, (_event, name) => name !== null && this.#dial(name));
  }

  async dialAll(): Promise<void> {
    for (const name of await readdir(this.#options.runDir)) this.#dial(name);
  }

  send(message: ControlMessage): void {
    this.#agent?.send(encodeText(controlMessage, message));
  }

  heard<Type extends AgentMessage['type']>(
    type: Type,
    fits: (message: MessageOf<Type>) => boolean = () => true,
  ): Promise<MessageOf<Type>> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      // A test that is over waits for nothing.
      if (!this.#isClosed) late.reject(new Error(`no ${type} that fits; ${this.#tell()}`));
    }, hearLimitMs).unref();
    const heard = Promise.race([waitFor(type, fits, this.messages, this.#heard), late.promise]);
    return heard.finally(() => clearTimeout(timer));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    this.#watcher.close();
  }

  #take(text: string): void {
    const decoded = decodeText(agentMessage, text);
    if (!decoded.ok) throw new Error(`the agent sent what is no message: ${decoded.path} ${decoded.message}`);
    const message = decoded.value;
    this.messages.push(message);
    if (message.type === 'agent.hello') this.send(this.#options.refusal ?? welcome(this.#options));
    if (message.type === 'event.happened' && this.#options.records !== false)
      this.send({ type: 'event.recorded', id: message.id });
    this.#heard.emit(message);
  }

  #dial(name: string): void {
    const { runDir, identity } = this.#options;
    if (parseSocketName(name)?.kind !== 'control' || this.dialled.includes(name)) return;
    this.dialled.push(name);
    const raw = connect(join(runDir, name));
    const secure = new TLSSocket(raw, { isServer: true, cert: identity.certificate, key: identity.privateKey });
    let isConnected = false;
    let isSecured = false;
    raw.once('connect', () => (isConnected = true));
    secure.once('secure', () => (isSecured = true));
    // The file is there a moment before the agent listens on it.
    raw.once('error', (error) => errnoOf(error) === 'ECONNREFUSED' && this.#dialAgain(name, 10));
    secure.on('error', () => raw.destroy());
    raw.once('close', () => {
      this.#sockets.delete(raw);
      if (!isConnected || isSecured) return;
      this.turnedAway.emit();
      this.#dialAgain(name, redialMs);
    });
    this.#sockets.add(raw);
    this.#http.emit('connection', secure);
  }

  #dialAgain(name: string, afterMs: number): void {
    setTimeout(() => {
      if (this.#isClosed) return;
      this.dialled.splice(this.dialled.indexOf(name), 1);
      this.#dial(name);
    }, afterMs);
  }

  #tell(): string {
    const heard = this.messages.map((message) => {
      if (message.type === 'instance.reported') return `${message.type} ${JSON.stringify(message.state)}`;
      return message.type === 'event.happened' ? message.message : message.type;
    });
    return `dialled ${this.dialled.join(', ') || 'nothing'}; heard:\n${heard.join('\n')}`;
  }
}

function welcome({ heartbeatMs = 100 }: FakeControlOptions): ControlMessage {
  const instanceToken = new Secret('instance-token-of-the-test');
  return {
    type: 'control.welcome',
    protocol: protocolVersion,
    controlVersion: 'test',
    instanceToken,
    leaseMs: 10_000,
    heartbeatMs,
  };
}

function waitFor<Type extends AgentMessage['type']>(
  type: Type,
  fits: (message: MessageOf<Type>) => boolean,
  past: AgentMessage[],
  heard: Listeners<AgentMessage>,
): Promise<MessageOf<Type>> {
  const isIt = (message: AgentMessage): message is MessageOf<Type> =>
    message.type === type && fits(message as MessageOf<Type>);
  const before = past.find(isIt);
  if (before) return Promise.resolve(before);
  const { promise, resolve } = Promise.withResolvers<MessageOf<Type>>();
  const remove = heard.add((message) => {
    if (!isIt(message)) return;
    remove();
    resolve(message);
  });
  return promise;
}
