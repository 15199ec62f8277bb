// A member's key as text, `flk_<id>_<secret><checksum>`, and the code of an invitation, `flj_…` in the same shape. The checksum tells
// text with a typo from text that is not known. Pure but for the random bytes that it is given.

import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

import { Secret } from '@fairlead/kit';

/** 32 characters: five bits of chance each, none that is easily taken for another. */
const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789';
export const keyPrefix = 'flk_';
export const invitePrefix = 'flj_';
const prefixLength = 4;
const idLength = 8;
const secretLength = 32;
const checksumLength = 6;
const shape = new RegExp(`^([${alphabet}]{${idLength}})_([${alphabet}]{${secretLength + checksumLength}})$`);

export interface NewApiKey {
  id: string;
  key: Secret;
}

/** `random`: at least 40 bytes of chance. */
export function createApiKey(random: Buffer): NewApiKey {
  return create(keyPrefix, random);
}

/** `random`: at least 40 bytes of chance. */
export function createInviteCode(random: Buffer): NewApiKey {
  return create(invitePrefix, random);
}

function create(prefix: string, random: Buffer): NewApiKey {
  const letters = [...random.subarray(0, idLength + secretLength)].map((byte) => alphabet[byte % alphabet.length]);
  const id = letters.slice(0, idLength).join('');
  const body = `${prefix}${id}_${letters.slice(idLength).join('')}`;
  return { id, key: new Secret(body + checksumOf(body)) };
}

export type ParsedApiKey = { ok: true; id: string } | { ok: false; reason: 'foreign' | 'mistyped' };

/** Of what a client presents. `foreign`: no key of a gateway. `mistyped`: one with a wrong character, or cut short. */
export function parseApiKey(presented: string): ParsedApiKey {
  return parse(keyPrefix, presented);
}

/** `foreign`: no invitation. */
export function parseInviteCode(presented: string): ParsedApiKey {
  return parse(invitePrefix, presented);
}

function parse(prefix: string, presented: string): ParsedApiKey {
  if (!presented.startsWith(prefix)) return { ok: false, reason: 'foreign' };
  const id = shape.exec(presented.slice(prefixLength))?.[1];
  const body = presented.slice(0, -checksumLength);
  if (id === undefined || checksumOf(body) !== presented.slice(-checksumLength))
    return { ok: false, reason: 'mistyped' };
  return { ok: true, id };
}

/** What is stored of a key or a code. It has 160 bits of chance: a hash without salt or cost cannot be turned back. */
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
