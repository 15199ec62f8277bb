// A connection to a gateway, by TCP or TLS.

import { once } from 'node:events';
import { connect, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';

import { anySignal, type Clock, CodedError, errnoOf, errorText, openTimeLimit } from '@fairlead/kit';

import type { ClientErrorCode } from '../client-error.ts';
import type { GatewayUrl } from './gateway-url.ts';

const dialTimeoutMs = 15_000;

export interface DialOptions {
  clock: Clock;
  signal?: AbortSignal | undefined;
  /** The way to the gateway's host, in place of a connection by TCP. The caller's stream is owned from then on. */
  through?: ((signal: AbortSignal) => Promise<Duplex>) | undefined;
}

/** The caller closes it. Throws `gateway_unreachable`, what `through` throws, and the signal's reason. */
export async function dialGateway(url: GatewayUrl, { clock, signal, through }: DialOptions): Promise<Duplex> {
  signal?.throwIfAborted();
  using limit = openTimeLimit(clock, dialTimeoutMs, () =>
    unreachable(url, `it did not answer in ${dialTimeoutMs / 1_000} s`),
  );
  const until = anySignal(limit.signal, signal);
  const below = through && (await through(until));
  const socket = open(url, below);
  const onAbort = () => socket.destroy(until.reason as Error);
  until.addEventListener('abort', onAbort, { once: true });
  try {
    if (until.aborted) onAbort();
    if (!(below && !url.isTls)) await once(socket, url.isTls ? 'secureConnect' : 'connect');
  } catch (error) {
    socket.destroy();
    below?.destroy();
    until.throwIfAborted();
    throw unreachable(url, whyOf(error, url), error);
  } finally {
    until.removeEventListener('abort', onAbort);
  }
  // The next owner listens for `close`; an error before that must not end the process.
  socket.on('error', () => undefined);
  return socket;
}

function open({ hostname, port, isTls }: GatewayUrl, below: Duplex | undefined): Duplex {
  // An address has no name that a server could choose its certificate by.
  const servername = isIP(hostname) === 0 ? hostname : '';
  if (isTls) {
    const where = below ? { socket: below } : { host: hostname, port };
    return connectTls({ ...where, servername, host: hostname, ALPNProtocols: ['http/1.1'] });
  }
  return below ?? connect({ host: hostname, port, noDelay: true });
}

function whyOf(error: unknown, { hostname, port }: GatewayUrl): string {
  const errno = errnoOf(error) ?? '';
  if (errno === 'ENOTFOUND' || errno === 'EAI_AGAIN') return `no address is known for ${hostname}`;
  if (errno === 'ECONNREFUSED') return `nothing listens on port ${port} of ${hostname}`;
  if (errno === 'ERR_SSL_WRONG_VERSION_NUMBER')
    return 'what listens there speaks no TLS: the URL may be one of http://';
  if (/CERT|ALTNAME|SELF_SIGNED|ISSUER/.test(errno))
    return `its certificate is not trusted (${errorText(error)}); NODE_EXTRA_CA_CERTS names a file with more authorities`;
  return errorText(error);
}

function unreachable({ href }: GatewayUrl, why: string, cause?: unknown): CodedError<ClientErrorCode> {
  return new CodedError('gateway_unreachable', `cannot reach the gateway ${href} because ${why}`, {
    hint: 'Check the network, and ask its owner whether it serves.',
    retryable: true,
    cause,
  });
}
