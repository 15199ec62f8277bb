// Reads the host's own key from an OpenSSH certificate (PROTOCOL.certkeys): jobs pin keys and trust no authority. Pure.

import { decodeHostKey, type HostKey } from './host-key.ts';

/** The number of fields of the public key, by the type of the plain key. */
const keyFields: ReadonlyArray<[type: RegExp, count: number]> = [
  [/^ssh-ed25519$/, 1],
  [/^ecdsa-sha2-nistp\d+$/, 2],
  [/^ssh-rsa$/, 2],
];

/** Undefined if the blob is no certificate of a known type. */
export function certifiedKey(blob: Buffer): HostKey | undefined {
  const [type, , ...fields] = readStrings(blob, 4);
  const name = /^(.+)-cert-v01@openssh\.com$/.exec(type?.toString('latin1') ?? '')?.[1];
  const count = keyFields.find(([pattern]) => name !== undefined && pattern.test(name))?.[1];
  if (name === undefined || count === undefined || fields.length < count) return undefined;
  return decodeHostKey(Buffer.concat([Buffer.from(name), ...fields.slice(0, count)].map(withLength)));
}

/** The first `most` strings of a blob; fewer if it ends before. */
function readStrings(blob: Buffer, most: number): Buffer[] {
  const strings: Buffer[] = [];
  let at = 0;
  while (strings.length < most && at + 4 <= blob.length) {
    const end = at + 4 + blob.readUInt32BE(at);
    if (end > blob.length) break;
    strings.push(blob.subarray(at + 4, end));
    at = end;
  }
  return strings;
}

function withLength(bytes: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(bytes.length);
  return Buffer.concat([size, bytes]);
}
