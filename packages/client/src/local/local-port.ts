// A port on this machine whose connections go to the endpoint that answers now. Old connections end with their generation.

import { createServer, type Server, type Socket } from 'node:net';

import { CodedError, errnoOf, type Log } from '@fairlead/kit';

import type { ClientErrorCode } from '../client-error.ts';
import { addressText, localUrl, loopback } from './local-address.ts';
import { serveLocal, type ServeLocalDeps } from './serve-local.ts';

/** Where `fairlead connect` begins to look for a free port. */
export const defaultPort = 18_000;
const portsTried = 100;

export interface LocalPortOptions extends Omit<ServeLocalDeps, 'allowedOrigins'> {
  /** A port to insist on; absent: defaultPort or the next free one. 0: any. */
  port?: number;
  /** The IP address to listen on. Default: 127.0.0.1. */
  address?: string;
  /** As `parseOrigins` gives them. Default: none. */
  allowedOrigins?: readonly string[];
  log: Log;
}

export interface LocalPort extends AsyncDisposable {
  readonly port: number;
  /** `http://host:port`, as programs on this machine reach it. */
  readonly url: string;
}

/** Resolves when it listens. Disposing closes the port and cuts its connections. Throws `port_taken`, `bind_invalid`. */
export async function openLocalPort(options: LocalPortOptions): Promise<LocalPort> {
  const { address = loopback, allowedOrigins = [] } = options;
  const live = new Set<Socket>();
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    live.add(socket);
    socket.on('error', (error) => options.log.debug({ op: 'local', ok: false, error: error.message }));
    socket.once('close', () => live.delete(socket));
    serveLocal(socket, { open: options.open, allowedOrigins }).catch((error: unknown) =>
      socket.destroy(error as Error),
    );
  });
  const port = await listen(server, address, options.port);
  return {
    port,
    url: localUrl(address, port),
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of live) socket.destroy();
      await closed;
    },
  };
}

async function listen(server: Server, address: string, wanted: number | undefined): Promise<number> {
  if (wanted !== undefined) return listenOn(server, address, wanted);
  for (let port = defaultPort; port < defaultPort + portsTried; port++) {
    try {
      return await listenOn(server, address, port);
    } catch (error) {
      if (!(error instanceof CodedError && error.code === 'port_taken')) throw error;
    }
  }
  return listenOn(server, address, 0);
}

async function listenOn(server: Server, host: string, port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const fail = (error: Error) => reject(listenError(error, host, port));
  server.once('error', fail);
  server.listen({ host, port }, resolve);
  try {
    await promise;
  } finally {
    server.off('error', fail);
  }
  const address = server.address();
  return typeof address === 'object' && address ? address.port : port;
}

function listenError(cause: Error, host: string, port: number): Error {
  const cannot = `cannot listen on ${addressText(host, port)} because`;
  const fail = (code: ClientErrorCode, why: string, hint: string) =>
    new CodedError<ClientErrorCode>(code, `${cannot} ${why}`, { hint, cause });
  const another = 'Choose another port, or leave it out to get the next free one.';
  const errno = errnoOf(cause) ?? '';
  if (errno === 'EADDRINUSE') return fail('port_taken', 'something else does already', another);
  if (errno === 'EACCES') return fail('port_taken', 'this user may not use that port', another);
  if (!noSuchAddress.has(errno)) return cause;
  return fail('bind_invalid', 'this machine has no such address', 'See its addresses with `ip -brief address`.');
}

const noSuchAddress = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL']);
