// A port on this machine whose connections go to the endpoint that answers now. Old connections end with their generation.

import { createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import { CodedError, errnoOf, errorText, type Log } from '@fairlead/kit';
import type { EndpointView } from '@fairlead/protocol';
import { joinStreams } from '@fairlead/tunnel';

import type { ClientErrorCode } from './client-error.ts';

/** Where `fairlead connect` begins to look for a free port. */
export const DEFAULT_PORT = 18_000;
const PORTS_TRIED = 100;

export interface LocalPortOptions {
  /** A port to insist on; absent: DEFAULT_PORT or the next free one. 0: any. */
  port?: number;
  /** The path of a new connection to the endpoint that answers now; may wait for the next one. */
  open(signal: AbortSignal): Promise<Path>;
  log: Log;
}

export interface Path {
  endpoint: EndpointView;
  channel: Duplex;
}

export interface LocalPort extends AsyncDisposable {
  readonly port: number;
  /** Ends the connections that were made to another endpoint than this one. */
  dropOthers(endpoint: EndpointView | undefined): void;
}

interface Live {
  socket: Socket;
  endpoint: EndpointView | undefined;
}

export async function openLocalPort(options: LocalPortOptions): Promise<LocalPort> {
  const live = new Set<Live>();
  const stop = new AbortController();
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    const entry: Live = { socket, endpoint: undefined };
    live.add(entry);
    socket.on('error', (error) => options.log.debug({ op: 'local', ok: false, error: error.message }));
    serve(entry, options, stop.signal)
      .catch((error: unknown) => refuse(socket, error))
      .finally(() => live.delete(entry))
      .catch((error: unknown) => socket.destroy(error as Error));
  });
  const port = await listen(server, options.port);
  return {
    port,
    dropOthers(endpoint) {
      for (const entry of live) {
        if (entry.endpoint && !(endpoint && isSameSocket(entry.endpoint, endpoint))) entry.socket.destroy();
      }
    },
    async [Symbol.asyncDispose]() {
      stop.abort(new Error('closed'));
      const closed = new Promise((resolve) => server.close(resolve));
      for (const entry of live) entry.socket.destroy();
      await closed;
    },
  };
}

async function serve(entry: Live, options: LocalPortOptions, closed: AbortSignal): Promise<void> {
  const gone = new AbortController();
  entry.socket.once('close', () => gone.abort(new Error('the local connection was closed')));
  const { endpoint, channel } = await options.open(AbortSignal.any([closed, gone.signal]));
  entry.endpoint = endpoint;
  await joinStreams(entry.socket, channel);
}

/** Nothing was sent yet, so an HTTP answer can still say what is wrong. */
function refuse(socket: Socket, error: unknown): void {
  if (socket.destroyed || socket.bytesWritten > 0) {
    socket.destroy();
    return;
  }
  const hint = error instanceof CodedError && error.hint ? ` ${error.hint}` : '';
  const code = error instanceof CodedError ? error.code : 'path_broken';
  const body = JSON.stringify({
    error: { message: `${errorText(error)}.${hint}`, type: 'fairlead_error', param: null, code },
  });
  socket.end(
    `HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nretry-after: 5\r\nconnection: close\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  // The request is read to its end and thrown away: closing with unread bytes would reset the connection before the answer is read.
  socket.resume();
}

async function listen(server: Server, wanted: number | undefined): Promise<number> {
  if (wanted !== undefined) return listenOn(server, wanted);
  for (let port = DEFAULT_PORT; port < DEFAULT_PORT + PORTS_TRIED; port++) {
    try {
      return await listenOn(server, port);
    } catch (error) {
      if (!(error instanceof CodedError && error.code === 'port_taken')) throw error;
    }
  }
  return listenOn(server, 0);
}

async function listenOn(server: Server, port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const fail = (error: Error) =>
    reject(
      errnoOf(error) === 'EADDRINUSE' || errnoOf(error) === 'EACCES'
        ? new CodedError<ClientErrorCode>(
            'port_taken',
            `cannot listen on 127.0.0.1:${port} because ${errnoOf(error) === 'EACCES' ? 'this user may not use that port' : 'something else does already'}`,
            {
              hint: 'Choose another with --port, or leave it out to get the next free one.',
              cause: error,
            },
          )
        : error,
    );
  server.once('error', fail);
  server.listen({ host: '127.0.0.1', port }, resolve);
  try {
    await promise;
  } finally {
    server.off('error', fail);
  }
  const address = server.address();
  return typeof address === 'object' && address ? address.port : port;
}

function isSameSocket(a: EndpointView, b: EndpointView): boolean {
  return a.instanceId === b.instanceId && a.generation === b.generation;
}
