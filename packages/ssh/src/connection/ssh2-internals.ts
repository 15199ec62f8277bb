// Four uses of ssh2's private fields, for which it has no API. Each does nothing if a version of ssh2 lacks the fields.

import { createSecretKey } from 'node:crypto';
import type { Channel, Client } from 'ssh2';

interface Insides {
  _protocol?: { _debug?: unknown; _cipher?: Record<string, unknown>; _decipher?: Record<string, unknown> };
  _remoteVer?: unknown;
}

/** ssh2 passes the server's debug messages on only if the client traces, but tracing formats a line of text for every packet. Called after the login. */
export function stopTracing(client: Client): void {
  const { _protocol: protocol } = client as unknown as Insides;
  if (protocol) protocol._debug = undefined;
}

/** The server's name for itself, as in `OpenSSH_9.2p1`; empty when unknown. */
export function serverSoftware(client: Client): string {
  const { _remoteVer: version } = client as unknown as Insides;
  return typeof version === 'string' ? version : '';
}

/** The fields in which ssh2's ciphers and MACs hold the keys that they pass to node:crypto with every packet. */
const keyFields = ['_encKey', '_decipherKey', '_macKey'];

/**
 * Replaces ssh2's raw keys by KeyObjects. ssh2 makes a cipher or a MAC from raw bytes for each packet, and Node 24 detects raw bytes by
 * an error that it throws and catches: 30 % of the CPU time of a busy connection. Call it after each handshake: a rekey makes new ciphers.
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

interface ChannelInsides {
  incoming?: { window?: unknown };
  outgoing?: { id?: unknown; state?: unknown };
  _client?: { _protocol?: { channelWindowAdjust?: (id: number, bytes: number) => void } };
}

/**
 * Offers the server a window of this size for what it sends over the channel (RFC 4254 5.2), when half of it is used. ssh2 offers 2 MiB, and
 * no more before half of these are used: over a round trip of 40 ms that is a third of what one body can have. A caller that offers more must
 * limit the bytes in flight in another way, for the server buffers as much as the window allows.
 */
export function widenWindow(channel: Channel, windowBytes: number): void {
  const { incoming, outgoing, _client: client } = channel as unknown as ChannelInsides;
  if (typeof incoming?.window !== 'number' || typeof outgoing?.id !== 'number' || outgoing.state !== 'open') return;
  if (incoming.window > windowBytes / 2 || !client?._protocol?.channelWindowAdjust) return;
  const more = windowBytes - incoming.window;
  incoming.window += more;
  client._protocol.channelWindowAdjust(outgoing.id, more);
}
