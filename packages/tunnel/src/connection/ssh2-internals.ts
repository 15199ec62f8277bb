// The two places where ssh2 has no door for what we need. Both do nothing when a version of ssh2 has other insides.

import type { Client } from 'ssh2';

interface Insides {
  _protocol?: { _debug?: unknown };
  _remoteVer?: unknown;
}

/** ssh2 hands over the server's notes only with tracing on, but tracing makes a line of text for every packet. */
export function stopTracing(client: Client): void {
  const { _protocol: protocol } = client as unknown as Insides;
  if (protocol) protocol._debug = undefined;
}

/** The server's name for itself, as in `OpenSSH_9.2p1`; empty when unknown. */
export function serverSoftware(client: Client): string {
  const { _remoteVer: version } = client as unknown as Insides;
  return typeof version === 'string' ? version : '';
}
