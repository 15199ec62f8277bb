// Control's end of the link for the agent's own tests: finds the agent's control socket, dials it as TLS server, and
// writes down what it is told. Grants everything; remembers nothing.

import { watch } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { errnoOf, Listeners, Scope, Secret } from '@fairlead/kit';
import {
  type AgentMessage,
  agentMessage,
  type ControlMessage,
  controlMessage,
  decodeText,
  encodeText,
  parseSocketName,
  PROTOCOL_VERSION,
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
  /** Bearer tokens, in the order of their coming. */
  readonly tokens: string[];
  readonly messages: AgentMessage[];
  /** Names of the control sockets it dialled. */
  readonly dialled: string[];
  /** How many connections ended before the TLS handshake was done. */
  readonly turnedAway: Listeners<void>;
  /** The first message of this type, past or to come, that fits. */
  heard<Type extends AgentMessage['type']>(
    type: Type,
    fits?: (message: MessageOf<Type>) => boolean,
  ): Promise<MessageOf<Type>>;
  send(message: ControlMessage): void;
}

export async function openFakeControl(options: FakeControlOptions): Promise<FakeControl> {
  await using scope = new Scope();
  const { runDir, identity } = options;
  const heard = new Listeners<AgentMessage>();
  const turnedAway = new Listeners<void>();
  const tokens: string[] = [];
  const messages: AgentMessage[] = [];
  const dialled: string[] = [];
  const sockets = new Set<Socket>();
  let agent: WebSocket | undefined;

  const send = (message: ControlMessage) => agent?.send(encodeText(controlMessage, message));
  const http = createServer();
  const server = new WebSocketServer({ server: http, path: '/v1/agent' });
  server.on('connection', (socket, request) => {
    agent = socket;
    tokens.push((request.headers.authorization ?? '').replace(/^Bearer /, ''));
    socket.on('message', (data: RawData) => take((data as Buffer).toString()));
    socket.on('error', () => undefined);
  });

  function take(text: string): void {
    const decoded = decodeText(agentMessage, text);
    if (!decoded.ok) throw new Error(`the agent sent what is no message: ${decoded.path} ${decoded.message}`);
    const message = decoded.value;
    messages.push(message);
    if (message.type === 'agent.hello') send(options.refusal ?? welcome(options));
    if (message.type === 'event.happened' && options.records !== false)
      send({ type: 'event.recorded', id: message.id });
    heard.emit(message);
  }

  function dial(name: string): void {
    if (parseSocketName(name)?.kind !== 'control' || dialled.includes(name)) return;
    const raw = connect(join(runDir, name));
    dialled.push(name);
    const secure = new TLSSocket(raw, { isServer: true, cert: identity.certificate, key: identity.privateKey });
    let secured = false;
    secure.once('secure', () => (secured = true));
    // The file is there a moment before anybody listens on it.
    raw.once('error', (error) => {
      if (errnoOf(error) !== 'ECONNREFUSED') return;
      dialled.splice(dialled.indexOf(name), 1);
      setTimeout(() => dial(name), 10);
    });
    secure.on('error', () => raw.destroy());
    let connected = false;
    raw.once('connect', () => (connected = true));
    raw.once('close', () => {
      sockets.delete(raw);
      if (connected && !secured) turnedAway.emit();
    });
    sockets.add(raw);
    http.emit('connection', secure);
  }

  const watcher = watch(runDir, (_event, name) => name !== null && dial(name));
  scope.defer(() => watcher.close());
  scope.defer(() => {
    server.close();
  });
  scope.defer(() => {
    for (const socket of sockets) socket.destroy();
  });
  for (const name of await readdir(runDir)) dial(name);
  const closers = scope.release();
  return {
    tokens,
    messages,
    dialled,
    turnedAway,
    send,
    heard: (type, fits = () => true) => waitFor(type, fits, messages, heard),
    async [Symbol.asyncDispose]() {
      for (const close of closers.reverse()) await close();
    },
  };
}

function welcome({ heartbeatMs = 100 }: FakeControlOptions): ControlMessage {
  const instanceToken = new Secret('instance-token-of-the-test');
  return {
    type: 'control.welcome',
    protocol: PROTOCOL_VERSION,
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
