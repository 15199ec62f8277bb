// A certificate that signs itself, for a peer that is known by its fingerprint alone: X.509 v3 with an Ed25519 key (RFC 5280, RFC 8410), in DER.

import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

export interface OwnCertificate {
  /** PEM. */
  certificate: string;
  /** PEM. It is in memory alone. */
  privateKey: string;
  /** SHA-256 of the certificate, in hexadecimal. */
  fingerprint: string;
}

/** The one who checks the fingerprint reads neither name nor dates: a wrong clock refuses no peer. */
const name = 'fairlead agent';
/** RFC 5280 4.1.2.5: a certificate without a known end. */
const [notBefore, notAfter] = ['700101000000Z', '99991231235959Z'];

export function makeCertificate(): OwnCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const body = sequence(
    element(0xa0, element(tags.integer, Buffer.from([2]))),
    // Positive, and not longer than 20 octets.
    element(tags.integer, Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    ed25519,
    commonName(name),
    sequence(
      element(tags.utcTime, Buffer.from(notBefore, 'ascii')),
      element(tags.generalizedTime, Buffer.from(notAfter, 'ascii')),
    ),
    commonName(name),
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = sign(null, body, privateKey);
  const der = sequence(body, ed25519, element(tags.bitString, Buffer.concat([Buffer.from([0]), signature])));
  return {
    certificate: pem(der),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    fingerprint: fingerprintOf(der),
  };
}

/** `der`: a certificate. */
export function fingerprintOf(der: Buffer): string {
  return createHash('sha256').update(der).digest('hex');
}

const tags = {
  integer: 0x02,
  bitString: 0x03,
  objectId: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** 1.3.101.112 */
const ed25519 = sequence(element(tags.objectId, Buffer.from([0x2b, 0x65, 0x70])));
/** 2.5.4.3 */
const commonNameId = element(tags.objectId, Buffer.from([0x55, 0x04, 0x03]));

function commonName(text: string): Buffer {
  const value = element(tags.utf8String, Buffer.from(text, 'utf8'));
  return sequence(element(tags.set, sequence(commonNameId, value)));
}

function sequence(...parts: Buffer[]): Buffer {
  return element(tags.sequence, Buffer.concat(parts));
}

function element(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
