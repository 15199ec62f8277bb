// Makes ed25519 key pairs in OpenSSH's own format (PROTOCOL.key in its source), in this process. ssh2 can make keys too, but
// it drops a leading zero byte of the public half: servers refuse one in 256 of its keys.

import { generateKeyPairSync, randomBytes } from 'node:crypto';

export interface Ed25519KeyPair {
  /** Unencrypted PEM-like text, as in `id_ed25519`. */
  privateKey: string;
  /** `ssh-ed25519 AAAA…`, and the comment if there is one. */
  publicKey: string;
}

const type = 'ssh-ed25519';

export function createEd25519KeyPair(comment = ''): Ed25519KeyPair {
  const { d = '', x = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  return encodeKeyPair({ seed: Buffer.from(d, 'base64url'), publicHalf: Buffer.from(x, 'base64url'), comment });
}

/** Both halves are 32 bytes. */
export function encodeKeyPair(pair: { seed: Buffer; publicHalf: Buffer; comment: string }): Ed25519KeyPair {
  const { seed, publicHalf, comment } = pair;
  const publicBlob = Buffer.concat([string(type), string(publicHalf)]);
  const check = randomBytes(4);
  const secretPart = Buffer.concat([
    check,
    check,
    publicBlob,
    string(Buffer.concat([seed, publicHalf])),
    string(comment),
  ]);
  const paddingBytes = -secretPart.length & 7;
  const padding = Buffer.from(Array.from({ length: paddingBytes }, (_, index) => index + 1));
  const whole = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    string('none'),
    string('none'),
    string(''),
    uint32(1),
    string(publicBlob),
    string(Buffer.concat([secretPart, padding])),
  ]);
  const lines = whole.toString('base64').match(/.{1,70}/g) ?? [];
  return {
    privateKey: ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join('\n'),
    publicKey: [type, publicBlob.toString('base64'), ...(comment === '' ? [] : [comment])].join(' '),
  };
}

function string(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
