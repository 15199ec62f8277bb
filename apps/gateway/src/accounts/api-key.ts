// A member's key as text: `flk_<id>_<secret><checksum>`. The checksum tells a key with a typo from one that is not known. Pure but for
// the random bytes that it is given.

import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

import { Secret } from '@fairlead/kit';

/** 32 characters: five bits of chance each, none that is easily taken for another. */
const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789';
export const keyPrefix = 'flk_';
const idLength = 8;
const secretLength = 32;
const checksumLength = 6;
const shape = new RegExp(`^flk_([${alphabet}]{${idLength}})_([${alphabet}]{${secretLength + checksumLength}})$`);

export interface NewApiKey {
  id: string;
  key: Secret;
}

/** `random`: at least 40 bytes of chance. */
export function createApiKey(random: Buffer): NewApiKey {
  const letters = [...random.subarray(0, idLength + secretLength)].map((byte) => alphabet[byte % alphabet.length]);
  const id = letters.slice(0, idLength).join('');
  const body = `flk_${id}_${letters.slice(idLength).join('')}`;
  return { id, key: new Secret(body + checksumOf(body)) };
}

export type ParsedApiKey = { ok: true; id: string } | { ok: false; reason: 'foreign' | 'mistyped' };

/** Of what a client presents. `foreign`: no key of a gateway. `mistyped`: one with a wrong character, or cut short. */
export function parseApiKey(presented: string): ParsedApiKey {
  if (!presented.startsWith(keyPrefix)) return { ok: false, reason: 'foreign' };
  const id = shape.exec(presented)?.[1];
  const body = presented.slice(0, -checksumLength);
  if (id === undefined || checksumOf(body) !== presented.slice(-checksumLength))
    return { ok: false, reason: 'mistyped' };
  return { ok: true, id };
}

/** What is stored of a key. It has 160 bits of chance: a hash without salt or cost cannot be turned back. */
export function hashApiKey(presented: string): Buffer {
  return createHash('sha256').update(presented).digest();
}

function checksumOf(body: string): string {
  let sum = crc32(body);
  let text = '';
  for (let at = 0; at < checksumLength; at += 1) {
    text += alphabet[sum % alphabet.length];
    sum = Math.floor(sum / alphabet.length);
  }
  return text;
}
