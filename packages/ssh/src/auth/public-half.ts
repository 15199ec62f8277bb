// Reads the public half of an OpenSSH private key, which is in the clear even when the private half is encrypted
// (https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key).

const magic = 'openssh-key-v1\0';

/** The public key blob; undefined for other formats. */
export function publicHalf(privateKeyText: string): Buffer | undefined {
  const armoured = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]+?)-----END OPENSSH PRIVATE KEY-----/.exec(
    privateKeyText,
  );
  if (!armoured?.[1]) return undefined;
  const bytes = Buffer.from(armoured[1], 'base64');
  if (bytes.toString('latin1', 0, magic.length) !== magic) return undefined;
  let offset = magic.length;
  const readString = (): Buffer | undefined => {
    if (offset + 4 > bytes.length) return undefined;
    const start = offset + 4;
    offset = start + bytes.readUInt32BE(offset);
    return offset <= bytes.length ? bytes.subarray(start, offset) : undefined;
  };
  // Cipher, KDF and KDF options come first, then the number of keys, which is always 1.
  if (!readString() || !readString() || !readString()) return undefined;
  offset += 4;
  return readString();
}
