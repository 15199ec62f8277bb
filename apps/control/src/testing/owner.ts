// An owner beside control: the HTTP API and the watch over TLS on control.sock, with the certificate pinned.

import { once } from 'node:events';
import { Agent, request, type RequestOptions } from 'node:http';
import { connect as connectTls } from 'node:tls';

import { errnoOf, Listeners } from '@fairlead/kit';
import type { WatchMessage } from '@fairlead/protocol';
import { WebSocket } from 'ws';

export interface OwnerOptions {
  socketPath: string;
  certificate: string;
  token: string;
}

export type CallOptions = Omit<RequestOptions, 'headers'> & { headers?: Record<string, string> };

export interface Answer {
  status: number;
  headers: Record<string, unknown>;
  /** Parsed JSON; undefined where there is none. */
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into it freely
  body: any;
}

export interface Watch {
  readonly socket: WebSocket;
  readonly messages: WatchMessage[];
  readonly received: Listeners<WatchMessage>;
  /** The first message, also one already there, for which `is` holds. */
  find(is: (message: WatchMessage) => boolean): Promise<WatchMessage>;
}

export interface Owner extends AsyncDisposable {
  call(method: string, path: string, body?: unknown, options?: CallOptions): Promise<Answer>;
  /** Resolves with the snapshot; with `paused` as soon as it is open, and nothing is read until its socket resumes. */
  watch(options?: { paused?: boolean; query?: string }): Promise<Watch>;
}

export function connectOwner(options: OwnerOptions): Owner {
  const connect = () =>
    connectTls({
      path: options.socketPath,
      ca: options.certificate,
      servername: 'control',
      minVersion: 'TLSv1.3',
    });
  const agent = new Agent({ keepAlive: true });
  agent.createConnection = connect as never;
  const headers = { Authorization: `Bearer ${options.token}` };
  const watches = new Set<WebSocket>();
  return {
    call: (method, path, body, more = {}) =>
      callOnce({ method, path, agent, host: 'control', ...more, headers: { ...headers, ...more.headers } }, body),
    watch: async ({ paused = false, query = '' } = {}) => {
      const watch = openWatch(
        new WebSocket(`ws://control/v1/watch?${query}`, { createConnection: connect as never, headers }),
      );
      watches.add(watch.socket);
      if (paused) watch.socket.once('open', () => watch.socket.pause());
      await (paused ? once(watch.socket, 'open') : watch.find(({ type }) => type === 'snapshot'));
      return watch;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of watches) socket.terminate();
      agent.destroy();
    },
  };
}

/** Asks again where control closed a kept connection, after its 5 s without a request, before it read the request. */
async function callOnce(options: RequestOptions, body: unknown): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const asked = request(options, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('error', reject);
    response.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const json = String(response.headers['content-type']).startsWith('application/json') && text !== '';
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: json ? JSON.parse(text) : text });
    });
  });
  asked.on('error', (error) => {
    if (asked.reusedSocket && ['EPIPE', 'ECONNRESET'].includes(errnoOf(error) ?? '')) resolve(callOnce(options, body));
    else reject(error);
  });
  asked.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
  return promise;
}

function openWatch(socket: WebSocket): Watch {
  const messages: WatchMessage[] = [];
  const received = new Listeners<WatchMessage>();
  const failed = new Listeners<Error>();
  socket.on('error', (error) => failed.emit(error));
  socket.on('message', (data) => {
    const message = JSON.parse((data as Buffer).toString('utf8')) as WatchMessage;
    messages.push(message);
    received.emit(message);
  });
  const find: Watch['find'] = async (is) => {
    const there = messages.find(is);
    if (there) return there;
    const { promise, resolve, reject } = Promise.withResolvers<WatchMessage>();
    const removeFailed = failed.add(reject);
    const remove = received.add((message) => {
      if (!is(message)) return;
      remove();
      removeFailed();
      resolve(message);
    });
    return promise;
  };
  return { socket, messages, received, find };
}
