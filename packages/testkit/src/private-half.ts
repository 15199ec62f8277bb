// The 32 secret bytes of a private key, however its file wraps them: what a search for the key has to look for.

import { createPrivateKey } from 'node:crypto';

/** Of an Ed25519 key as OpenSSH writes it (without a passphrase), or of a key in PKCS#8. */
export function privateHalf(pem: string): Buffer {
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([^-]+)-----END/.exec(pem)?.[1];
  if (body !== undefined) return opensshSeed(Buffer.from(body, 'base64'));
  const { d } = createPrivateKey(pem).export({ format: 'jwk' });
  if (d === undefined) throw new Error('cannot read the private key: it has no private half');
  return Buffer.from(d, 'base64url');
}

/** PROTOCOL.key of OpenSSH: the private part ends in seed and public key, and the public key stands ahead of it, too. */
function opensshSeed(blob: Buffer): Buffer {
  const type = Buffer.from('\0\0\0\x0bssh-ed25519\0\0\0\x20', 'latin1');
  const at = blob.indexOf(type);
  if (at < 0) throw new Error('cannot read the private key: it is no Ed25519 key');
  const publicKey = blob.subarray(at + type.length, at + type.length + 32);
  const last = blob.lastIndexOf(publicKey);
  return Buffer.from(blob.subarray(last - 32, last));
}
