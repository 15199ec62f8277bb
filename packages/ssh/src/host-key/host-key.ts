// A host's public key, from its bytes on the wire or from a line of text, with the fingerprint that people compare.

import { createHash } from 'node:crypto';

export interface HostKey {
  /** `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa`, … */
  type: string;
  base64: string;
  /** `SHA256:…` as ssh-keygen prints it. */
  fingerprint: string;
}

export function decodeHostKey(blob: Buffer): HostKey {
  const typeLength = blob.length >= 4 ? blob.readUInt32BE(0) : 0;
  return {
    type: blob.toString('latin1', 4, 4 + typeLength),
    base64: blob.toString('base64'),
    fingerprint: `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`,
  };
}

/** `ssh-ed25519 AAAA… comment` → the key. Undefined if the text is no key. */
export function parseHostKeyLine(line: string): HostKey | undefined {
  const [type, base64] = line.trim().split(/\s+/);
  if (!type || !base64 || !/^[A-Za-z0-9+/]+=*$/.test(base64)) return undefined;
  const key = decodeHostKey(Buffer.from(base64, 'base64'));
  return key.type === type ? key : undefined;
}

const algorithmsInOrder = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
] as const;

export type HostKeyAlgorithm = (typeof algorithmsInOrder)[number];

/** The host key algorithms to ask for: the types known for the host first, as OpenSSH does; `only` leaves the others out. */
export function orderHostKeyAlgorithms(knownTypes: readonly string[], rest: 'rest-after' | 'only'): HostKeyAlgorithm[] {
  const isKnown = (algorithm: HostKeyAlgorithm) =>
    knownTypes.includes(algorithm.startsWith('rsa-') ? 'ssh-rsa' : algorithm);
  const known = algorithmsInOrder.filter(isKnown);
  if (rest === 'only' && known.length > 0) return known;
  return [...known, ...algorithmsInOrder.filter((algorithm) => !isKnown(algorithm))];
}
