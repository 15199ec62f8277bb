// The three places where ssh2 has no door for what we need. All do nothing when a version of ssh2 has other insides.

import { createSecretKey } from 'node:crypto';
import type { Client } from 'ssh2';

interface Insides {
  _protocol?: { _debug?: unknown; _cipher?: Record<string, unknown>; _decipher?: Record<string, unknown> };
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

/** Where ssh2's ciphers and their MACs hold the keys that they hand to node:crypto with every packet. */
const keyFields = ['_encKey', '_decipherKey', '_macKey'];

/**
 * ssh2 makes a cipher, or a MAC, for each packet from raw bytes, and Node 24 finds out what kind of key it was given by an error that
 * it throws and catches: 30 % of the CPU time of a busy connection. A KeyObject is known at once. To be called after each handshake:
 * a rekey makes new ciphers.
 */
export function prepareKeys(client: Client): void {
  const { _protocol: protocol } = client as unknown as Insides;
  for (const half of [protocol?._cipher, protocol?._decipher]) {
    for (const field of half ? keyFields : []) {
      const key = half?.[field];
      if (half && key instanceof Uint8Array) half[field] = createSecretKey(key);
    }
  }
}
