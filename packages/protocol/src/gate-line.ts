// The one line that `gate` on the bastion prints: which host this is, where the sockets lie, whether control runs.

import { z } from 'zod';

import { boundedText, MESSAGE_LENGTH, NAME_LENGTH, PATH_LENGTH, shortenedText } from './bounds.ts';

export const gateLine = z.union([
  z.object({
    fairlead: z.int().min(0).max(1_000_000),
    host: boundedText(NAME_LENGTH),
    bootId: boundedText(NAME_LENGTH),
    /** The directory of the sockets, on local disk. */
    run: boundedText(PATH_LENGTH),
    control: z.enum(['running', 'started', 'absent']).catch('running'),
    /** Where it is absent because it does not start: control's own words. */
    why: z
      .object({
        code: boundedText(64),
        message: shortenedText(MESSAGE_LENGTH),
        hint: shortenedText(MESSAGE_LENGTH).optional(),
      })
      .optional()
      .catch(undefined),
  }),
  z.object({ error: shortenedText(MESSAGE_LENGTH), message: shortenedText(MESSAGE_LENGTH).optional() }),
]);
export type GateLine = z.infer<typeof gateLine>;
