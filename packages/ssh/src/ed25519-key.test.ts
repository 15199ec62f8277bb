import { createPrivateKey, createPublicKey } from 'node:crypto';
import ssh2 from 'ssh2';
import { describe, expect, it } from 'vitest';
import { createEd25519KeyPair, encodeKeyPair } from './ed25519-key.ts';
import { parseHostKeyLine } from './host-key/host-key.ts';

/** A key pair whose public half begins with a zero byte, which ssh2's own generator drops. */
function zeroLedPair() {
  for (let counter = 0; ; counter += 1) {
    const seed = Buffer.alloc(32);
    seed.writeUInt32BE(counter);
    // RFC 8410: the PKCS #8 head of an ed25519 key.
    const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
    const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
    const publicHalf = Buffer.from(x, 'base64url');
    if (publicHalf[0] === 0) return { seed, publicHalf, comment: '' };
  }
}

describe('an ed25519 key pair', () => {
  it.each([
    ['fresh', () => createEd25519KeyPair('a comment')],
    ['with a leading zero', () => encodeKeyPair(zeroLedPair())],
  ])('%s: signs what its public half verifies', (_, create) => {
    const pair = create();
    const own = ssh2.utils.parseKey(pair.privateKey);
    const shown = ssh2.utils.parseKey(pair.publicKey);
    if (own instanceof Error || shown instanceof Error) throw new Error('a key cannot be read');
    expect(own.isPrivateKey()).toBe(true);
    expect(own.getPublicSSH()).toEqual(shown.getPublicSSH());
    expect(shown.verify('data', own.sign('data'))).toBe(true);
    expect(parseHostKeyLine(pair.publicKey)?.type).toBe('ssh-ed25519');
    expect(Buffer.from(pair.publicKey.split(' ')[1] ?? '', 'base64')).toHaveLength(51);
  });

  it('differs each time', () => {
    expect(createEd25519KeyPair().privateKey).not.toBe(createEd25519KeyPair().privateKey);
  });
});
