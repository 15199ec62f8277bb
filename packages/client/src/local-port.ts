// A port on this machine whose connections go to the endpoint that answers now. Old connections end with their generation.

import { createServer, type Server, type Socket } from 'node:net';

import { CodedError, errnoOf, errorText, type Log } from '@fairlead/kit';
import { joinStreams } from '@fairlead/tunnel';

import type { ClientErrorCode } from './client-error.ts';
import type { Path } from './live-paths.ts';

/** Where `fairlead connect` begins to look for a free port. */
export const DEFAULT_PORT = 18_000;
const PORTS_TRIED = 100;
/** Made once: an error is dear where there is one for each connection. */
const GONE = new Error('the local connection was closed');

export interface LocalPortOptions {
  /** A port to insist on; absent: DEFAULT_PORT or the next free one. 0: any. */
  port?: number;
  /** The path of a new connection to the endpoint that answers now; may wait for the next one. */
  open(signal: AbortSignal): Promise<Path>;
  log: Log;
}

export interface LocalPort extends AsyncDisposable {
  readonly port: number;
}

export async function openLocalPort(options: LocalPortOptions): Promise<LocalPort> {
  const live = new Set<Socket>();
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    live.add(socket);
    socket.on('error', (error) => options.log.debug({ op: 'local', ok: false, error: error.message }));
    serve(socket, options)
      .catch((error: unknown) => refuse(socket, error))
      .finally(() => live.delete(socket))
      .catch((error: unknown) => socket.destroy(error as Error));
  });
  const port = await listen(server, options.port);
  return {
    port,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of live) socket.destroy();
      await closed;
    },
  };
}

async function serve(socket: Socket, options: LocalPortOptions): Promise<void> {
  const gone = new AbortController();
  const onClose = () => gone.abort(GONE);
  socket.once('close', onClose);
  const { channel } = await options.open(gone.signal);
  socket.off('close', onClose);
  await joinStreams(socket, channel);
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
              hint: 'Choose another port, or leave it out to get the next free one.',
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
