// Every connection of control, accepted or dialled, is TLS with control as the server, and is handed to one HTTP server.
// Drops connections that do not prove themselves in time. Knows no token: its callers decide which connection is proved.

import { createServer, type Server, type ServerResponse } from 'node:http';
import { createServer as createNetServer, type Server as NetServer, type Socket } from 'node:net';
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls';

import { callLater, type Clock, errorText, Guard, type Log } from '@fairlead/kit';

export type Origin =
  | { kind: 'taken' }
  /** Over an instance's control socket: may enrol as that instance, and nothing else. */
  | { kind: 'dialled'; instanceId: string; generation: number };

export interface CarrierLimits {
  /** How long a connection may take to prove itself. */
  provingMs: number;
  /** Limit of accepted connections that are open at the same time. */
  unproven: number;
  connections: number;
}

/** Owners reconnect in bursts after control was away. The dialler limits connections to agents. */
export const carrierLimits: CarrierLimits = { provingMs: 5000, unproven: 256, connections: 1024 };

/** How long control waits for its answers to end when it stops. */
const lastAnswersMs = 500;

export interface CarrierDeps {
  certificate: string;
  privateKey: string;
  clock: Clock;
  log: Log;
  limits: CarrierLimits;
}

interface Connection {
  origin: Origin;
  proven: boolean;
  proving: AbortController;
  onProven: (() => void) | undefined;
}

export class SecureCarrier implements AsyncDisposable {
  readonly http: Server;
  readonly #deps: CarrierDeps;
  readonly #context: SecureContext;
  #listener: NetServer | undefined;
  readonly #answering = new Set<ServerResponse>();
  readonly #connections = new Map<Socket, Connection>();

  constructor(deps: CarrierDeps) {
    this.#deps = deps;
    this.#context = createSecureContext({ key: deps.privateKey, cert: deps.certificate, minVersion: 'TLSv1.3' });
    this.http = createServer({ keepAliveTimeout: 60_000, maxHeaderSize: 16 * 1024 });
    this.http.on('request', (_request, response) => {
      this.#answering.add(response);
      response.on('close', () => this.#answering.delete(response));
    });
  }

  /** Resolves when it accepts connections at the path. It no longer accepts at an earlier path; open connections stay open. */
  async listen(path: string): Promise<void> {
    const { limits, log } = this.#deps;
    // The old listener ends first: when it ends, it unlinks the path that it was given.
    this.stopListening();
    const guard = new Guard(log);
    const listener = createNetServer((socket) => {
      if (!guard.run('connection.take', () => this.#take(socket))) socket.destroy();
    });
    listener.maxConnections = limits.connections;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    listener.once('error', reject);
    listener.listen(path, () => {
      listener.off('error', reject);
      listener.on('error', (error) => log.error({ op: 'listen', ok: false, error: errorText(error) }));
      resolve();
    });
    await promise;
    this.#listener = listener;
  }

  /** Owns `raw` from here on. */
  admit(raw: Socket, origin: Origin, onProven?: () => void): void {
    const secure = new TLSSocket(raw, { isServer: true, secureContext: this.#context });
    const connection: Connection = { origin, proven: false, proving: new AbortController(), onProven };
    this.#connections.set(secure, connection);
    const end = () => {
      connection.proving.abort();
      this.#connections.delete(secure);
    };
    raw.on('error', () => secure.destroy());
    raw.on('close', () => secure.destroy());
    secure.on('error', () => raw.destroy());
    secure.on('close', () => {
      end();
      raw.destroy();
    });
    this.#limitProving(secure, connection);
    this.http.emit('connection', secure);
  }

  originOf(socket: object): Origin | undefined {
    return this.#connections.get(socket as Socket)?.origin;
  }

  /** Ends the connection's time limit: its peer has proved itself. */
  prove(socket: object): void {
    const connection = this.#connections.get(socket as Socket);
    if (!connection || connection.proven) return;
    connection.proven = true;
    connection.proving.abort();
    connection.onProven?.();
  }

  /** Accepts no more connections. Open ones stay open until this is disposed. */
  stopListening(): void {
    if (this.#listener?.listening) this.#listener.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stopListening();
    await this.#answered();
    for (const socket of this.#connections.keys()) socket.destroy();
    this.http.close();
  }

  /** Waits for answers that end by themselves; a followed log does not. */
  async #answered(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, lastAnswersMs);
    const look = () => this.#answering.size === 0 && resolve();
    for (const response of this.#answering) response.on('close', look);
    look();
    await promise;
    clearTimeout(timer);
  }

  #take(raw: Socket): void {
    let unproven = 0;
    for (const { origin, proven } of this.#connections.values()) if (origin.kind === 'taken' && !proven) unproven += 1;
    if (unproven >= this.#deps.limits.unproven) {
      raw.on('error', () => raw.destroy());
      raw.destroy();
      return;
    }
    this.admit(raw, { kind: 'taken' });
  }

  #limitProving(secure: TLSSocket, connection: Connection): void {
    const { clock, limits, log } = this.#deps;
    const drop = () => {
      log.debug({ op: 'connection.drop', origin: connection.origin, reason: 'not proven in time' });
      secure.destroy();
    };
    // Aborts when the peer has proved itself and when the connection closes.
    callLater(drop, { clock, afterMs: limits.provingMs, signal: connection.proving.signal });
  }
}
