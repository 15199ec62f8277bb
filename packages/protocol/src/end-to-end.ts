// What an agent tells of the encryption between consumers and its front, which neither bastion nor control can undo.

import { z } from 'zod';

/** SHA-256 of a certificate, in hexadecimal. */
export const fingerprint = z
  .string()
  .max(64)
  .regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in hexadecimal');

/** What the front is told to do. */
export const endToEndSpec = z.object({
  /** Whether it also takes requests that are encrypted by SSH alone. */
  plain: z.boolean(),
});

export const endToEnd = endToEndSpec.extend({
  /** Of the certificate that the front shows. The agent makes it at each start. */
  fingerprint,
});
export type EndToEnd = z.infer<typeof endToEnd>;
