// A connection to an OpenAI-compatible server at a URL.

import { once } from 'node:events';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** Resolves when connected, with TLS when its certificate is verified; the caller closes it. Rejects with what connecting says and with the signal's reason. */
export async function connectUpstream(url: string, { signal }: { signal: AbortSignal }): Promise<Socket> {
  signal.throwIfAborted();
  const { protocol, hostname, port } = new URL(url);
  // A URL has brackets around an address of IPv6.
  const host = hostname.replace(/^\[|\]$/g, '');
  const isTls = protocol === 'https:';
  const where = { host, port: port === '' ? (isTls ? 443 : 80) : Number(port) };
  const servername = isIP(host) === 0 ? { servername: host } : {};
  const socket = isTls
    ? connectTls({ ...where, ...servername, ALPNProtocols: ['http/1.1'] })
    : connect({ ...where, noDelay: true, allowHalfOpen: true });
  try {
    await once(socket, isTls ? 'secureConnect' : 'connect', { signal });
    return socket;
  } catch (error) {
    socket.on('error', () => undefined).destroy();
    signal.throwIfAborted();
    throw error;
  }
}
