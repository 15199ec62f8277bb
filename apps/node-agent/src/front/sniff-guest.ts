// Who comes over a channel, by its first bytes. One byte is enough in most cases.

import { sniffPreface } from '@fairlead/mux';

export type Guest =
  | 'mux'
  /** Encryption, within which one of the others comes. */
  | 'tls'
  /** One request of HTTP/1.1, or nothing that is known. */
  | 'plain';

/** The type of TLS's first record, a handshake (RFC 8446 5.1). No method of HTTP begins with it. */
const handshakeType = 0x16;

/** `bytes`: all that came, at least one. `more`: they are not enough to tell. */
export function sniffGuest(bytes: Buffer): Guest | 'more' {
  return bytes[0] === handshakeType ? 'tls' : sniffPreface(bytes);
}
