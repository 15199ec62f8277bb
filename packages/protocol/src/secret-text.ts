// Secrets: text on the wire and in 0600 files, kit's `Secret` in the memory of a program.

import { Secret } from '@fairlead/kit';
import { z } from 'zod';

/** Decoding gives a `Secret`; encoding its text. `encodeText` is the one caller that encodes. */
export function secretText(maxLength: number, minLength = 0) {
  // Generated documents describe what is on the wire.
  const secret = z.instanceof(Secret, { error: 'must be a Secret' }).meta({ type: 'string', maxLength });
  return z.codec(z.string().min(minLength).max(maxLength), secret, {
    decode: (text) => new Secret(text),
    encode: (secret) => secret.reveal(),
  });
}
