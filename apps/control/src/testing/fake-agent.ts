// An agent without a job or a tunnel: it listens on a control socket in the run directory as sshd would for a real one,
// checks control's certificate, and speaks the agent's side of the link.

import { randomUUID } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';

import { Listeners } from '@fairlead/kit';
import {
  type agentHello,
  type agentMessage,
  type controlMessage,
  type controlWelcome,
  type InstanceReported,
  ourVersions,
  socketName,
  type Written,
} from '@fairlead/protocol';
import { WebSocket } from 'ws';

export interface FakeAgentOptions {
  runDir: string;
  certificate: string;
  instanceId: string;
  deployment: string;
  /** Enrolment or instance token. */
  token: string;
  generation?: number;
  restart?: number;
  processId?: string;
  /** Fields of its hello that replace the true ones. */
  hello?: Partial<Written<typeof agentHello>>;
  /** Sent instead of the hello. */
  firstText?: string;
  /** The WebSocket it asks for. Default /v1/agent. */
  path?: string;
  /** Also open a data socket, and report it. Connections to it are echoed. */
  withData?: boolean;
  /** Answer control's dialling with silence: a frozen tunnel. */
  frozen?: boolean;
  /** Milliseconds between heartbeats. Default: as control says; 0 for none. */
  heartbeatMs?: number;
}

/** Messages as they are on the wire: a test may send what no agent would. */
type AgentMessage = Written<typeof agentMessage>;
type ControlMessage = Written<typeof controlMessage>;
type MessageOf<Type extends ControlMessage['type']> = Extract<ControlMessage, { type: Type }>;

export class FakeAgent implements AsyncDisposable {
  readonly options: FakeAgentOptions;
  readonly processId: string;
  readonly received = new Listeners<ControlMessage>();
  readonly closed = new Listeners<{ code: number; reason: string }>();
  welcome: Written<typeof controlWelcome> | undefined;
  socket: WebSocket | undefined;
  readonly history: ControlMessage[] = [];
  #servers: Server[] = [];
  #raws = new Set<Socket>();
  #heartbeat: NodeJS.Timeout | undefined;
  #frozen: boolean;

  constructor(options: FakeAgentOptions) {
    this.options = options;
    this.processId = options.processId ?? randomUUID();
    this.#frozen = options.frozen ?? false;
  }

  get generation(): number {
    return this.options.generation ?? 1;
  }

  async open(): Promise<void> {
    const { instanceId, runDir, withData } = this.options;
    if (withData) await this.#listen(join(runDir, socketName(instanceId, this.generation, 'data')), echo);
    const path = join(runDir, socketName(instanceId, this.generation, 'control'));
    await this.#listen(path, (raw) => this.#answer(raw));
  }

  /** Drops the message unless the connection is open, as a real connection that is just being opened or lost does. */
  send(message: AgentMessage): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  report(state: InstanceReported['state'], more: Partial<InstanceReported> = {}): void {
    const endpoint = this.options.withData ? { endpointGeneration: this.generation } : {};
    this.send({
      type: 'instance.reported',
      state,
      servedModels: ['demo'],
      nodes: [{ rank: 0, host: 'node1', gpus: [], state: { status: 'running' } }],
      load: { inFlight: 0 },
      ...endpoint,
      ...more,
    });
  }

  /** Resolves with the next message of that type, or the first one already there with `past`. */
  async next<Type extends ControlMessage['type']>(type: Type, past = false): Promise<MessageOf<Type>> {
    const is = (message: ControlMessage): message is MessageOf<Type> => message.type === type;
    const found = past ? this.history.find(is) : undefined;
    if (found) return found;
    const { promise, resolve } = Promise.withResolvers<MessageOf<Type>>();
    const remove = this.received.add((message) => {
      if (!is(message)) return;
      remove();
      resolve(message);
    });
    return promise;
  }

  async nextClose(): Promise<{ code: number; reason: string }> {
    const { promise, resolve } = Promise.withResolvers<{ code: number; reason: string }>();
    const remove = this.closed.add((end) => {
      remove();
      resolve(end);
    });
    return promise;
  }

  /** From now on accepts connections without answering, and sends nothing over the open one. */
  freeze(): void {
    this.#frozen = true;
    clearInterval(this.#heartbeat);
  }

  thaw(): void {
    this.#frozen = false;
  }

  /** The tunnel goes down, and its sockets with it. */
  async close(): Promise<void> {
    clearInterval(this.#heartbeat);
    for (const raw of this.#raws) raw.destroy();
    const servers = this.#servers;
    this.#servers = [];
    await Promise.all(
      servers.map((server) => {
        const { promise, resolve } = Promise.withResolvers<void>();
        server.close(() => resolve());
        return promise;
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #listen(path: string, onConnection: (raw: Socket) => void): Promise<void> {
    const server = createServer((raw) => {
      this.#raws.add(raw);
      raw.on('error', () => raw.destroy());
      raw.on('close', () => this.#raws.delete(raw));
      onConnection(raw);
    });
    this.#servers.push(server);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once('error', reject);
    server.listen(path, resolve);
    await promise;
  }

  #answer(raw: Socket): void {
    if (this.#frozen) return;
    const { certificate, token } = this.options;
    const socket = new WebSocket(`ws://control${this.options.path ?? '/v1/agent'}`, {
      createConnection: () =>
        connectTls({ socket: raw, ca: certificate, servername: 'control', minVersion: 'TLSv1.3' }),
      perMessageDeflate: false,
      headers: { Authorization: `Bearer ${token}` },
    });
    this.socket = socket;
    socket.on('open', () => this.#begin());
    socket.on('message', (data) => this.#take(JSON.parse((data as Buffer).toString('utf8')) as ControlMessage));
    socket.on('unexpected-response', (_request, response) => {
      this.closed.emit({ code: response.statusCode ?? 0, reason: 'refused' });
      raw.destroy();
    });
    socket.on('error', () => raw.destroy());
    socket.on('close', (code, reason) => {
      clearInterval(this.#heartbeat);
      this.closed.emit({ code, reason: reason.toString() });
    });
  }

  #begin(): void {
    const { instanceId, deployment, restart = 0, hello, firstText } = this.options;
    if (firstText !== undefined) return this.socket?.send(firstText);
    this.send({
      type: 'agent.hello',
      protocol: ourVersions,
      agentVersion: '0.0.0-fake',
      instanceId,
      deployment,
      jobId: '4711',
      restart,
      processId: this.processId,
      hostname: 'node1',
      apiKey: `key-of-${instanceId}`,
      ...hello,
    });
  }

  #take(message: ControlMessage): void {
    this.history.push(message);
    if (message.type === 'control.welcome') {
      this.welcome = message;
      const every = this.options.heartbeatMs ?? message.heartbeatMs;
      clearInterval(this.#heartbeat);
      if (every > 0)
        this.#heartbeat = setInterval(() => this.send({ type: 'instance.heartbeat', load: { inFlight: 0 } }), every);
    }
    this.received.emit(message);
  }
}

/** Resolves when control can find it; it enrols whenever control dials. */
export async function openFakeAgent(options: FakeAgentOptions): Promise<FakeAgent> {
  const agent = new FakeAgent(options);
  await agent.open();
  return agent;
}

function echo(raw: Socket): void {
  raw.pipe(raw);
  raw.on('error', () => raw.destroy());
}
