// The one line that `gate` on the bastion prints: which host this is, where the sockets lie, whether control runs.

import { z } from 'zod';

import { boundedText, messageLength, nameLength, pathLength, shortenedText } from './bounds.ts';

export const gateLine = z.union([
  z.object({
    /** The protocol's version at the time the gate was written: it says that this is our gate. A reader refuses none. */
    fairlead: z.int().min(0).max(1_000_000),
    host: boundedText(nameLength),
    bootId: boundedText(nameLength),
    /** The directory of the sockets, on local disk. */
    run: boundedText(pathLength),
    control: z.enum(['running', 'started', 'absent']).catch('running'),
    /** Control's own error, if control is absent because it does not start. */
    why: z
      .object({
        code: boundedText(64),
        message: shortenedText(messageLength),
        hint: shortenedText(messageLength).optional(),
      })
      .optional()
      .catch(undefined),
  }),
  z.object({ error: shortenedText(messageLength), message: shortenedText(messageLength).optional() }),
]);
export type GateLine = z.infer<typeof gateLine>;
