// Secrets as they cross the wire and lie in 0600 files: text there, kit's `Secret` wherever a program holds them.

import { Secret } from '@fairlead/kit';
import { z } from 'zod';

/** Decoding gives a `Secret`; encoding its text. `encodeText` is the one caller that encodes. */
export function secretText(maxLength: number, minLength = 0) {
  // Documents say what is on the wire.
  const secret = z.instanceof(Secret, { error: 'must be a Secret' }).meta({ type: 'string', maxLength });
  return z.codec(z.string().min(minLength).max(maxLength), secret, {
    decode: (text) => new Secret(text),
    encode: (secret) => secret.reveal(),
  });
}
