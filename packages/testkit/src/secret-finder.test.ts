import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';

import { createSecret } from '@fairlead/kit';
import { createJobKey } from '@fairlead/ssh';
import { describe, expect, it } from 'vitest';

import { privateHalf } from './private-half.ts';
import { SecretFinder } from './secret-finder.ts';
import { secretForms } from './secret-forms.ts';

const token = createSecret('fl_').reveal();
/** With what differs between the alphabets of base64, and with a line break and a NUL. */
const odd = Buffer.from([0xfb, 0xef, 0xbe, 0x0a, 0x00, 0xff]);
const bytes = Buffer.concat([odd, randomBytes(26).map((byte) => byte | 0x80)]);
const finder = new SecretFinder([
  { kind: 'token', value: token },
  { kind: 'bytes', value: bytes },
]);

describe('SecretFinder', () => {
  const among = (content: string | Buffer) =>
    Buffer.concat([Buffer.from('some words before '), Buffer.from(content), Buffer.from(' and after\n')]);
  const forms: Array<[string, (value: Buffer) => string | Buffer]> = [
    ['as it is', (value) => value],
    ['in hex', (value) => value.toString('hex')],
    ['in base64', (value) => value.toString('base64')],
    ['in the middle of base64', (value) => Buffer.concat([Buffer.from('x'), value]).toString('base64')],
    ['later in the middle of base64', (value) => Buffer.concat([Buffer.from('xy'), value]).toString('base64')],
    ['in base64url', (value) => value.toString('base64url')],
    ['in base64 in a URL', (value) => encodeURIComponent(value.toString('base64'))],
    ['in the lines of a PEM file', (value) => value.toString('base64').replace(/^.{30}/, '$&\n')],
    ['cut after 16 bytes', (value) => value.subarray(0, 16)],
    ['without its beginning', (value) => value.subarray(-16)],
  ];
  it.each(forms)('finds a token %s', (_form, write) => {
    expect(finder.kindsIn(among(write(Buffer.from(token))))).toEqual(['token']);
  });
  it.each(forms.filter(([form]) => form !== 'cut after 16 bytes'))('finds bytes %s', (_form, write) => {
    expect(finder.kindsIn(among(write(bytes)))).toEqual(['bytes']);
  });

  it('finds nothing where there is nothing', () => {
    expect(finder.kindsIn(among(createSecret('fl_').reveal()))).toEqual([]);
    expect(finder.kindsIn(randomBytes(1_000_000).toString('base64'))).toEqual([]);
  });

  it('gives its forms as lines, none of them empty', () => {
    const lines = finder.patterns().toString('latin1').split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.every((line) => line.length >= 10)).toBe(true);
  });

  it('refuses what would be found everywhere', () => {
    expect(() => secretForms('short')).toThrow(/found everywhere/);
  });
});

describe('privateHalf', () => {
  it('is the seed of an Ed25519 key in the form of OpenSSH', () => {
    const { privateKey, publicKey } = createJobKey();
    const seed = privateHalf(privateKey.reveal());
    const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
    const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
    const made = Buffer.from(createPublicKey(key).export({ format: 'jwk' }).x ?? '', 'base64url');
    expect(Buffer.from(publicKey.split(' ')[1] ?? '', 'base64').includes(made)).toBe(true);
  });

  it('is the scalar of a P-256 key in PKCS#8', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const d = privateHalf(privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()).toString('base64url');
    const key = createPrivateKey({ key: { ...publicKey.export({ format: 'jwk' }), d }, format: 'jwk' });
    expect(verify('sha256', Buffer.from('x'), publicKey, sign('sha256', Buffer.from('x'), key))).toBe(true);
  });
});
