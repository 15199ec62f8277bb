// What the program that downloads says, line by line.

import { decodeText } from '@fairlead/protocol';
import { z } from 'zod';

const bytes = z.number();
const text = z.string();

const fetchFailure = z.object({
  event: z.literal('failed'),
  /** The classes of the error and of those that led to it. */
  names: z.array(text),
  message: text,
  errno: z.array(text),
  status: z.number().nullable(),
  hasToken: z.boolean(),
});
export type FetchFailure = z.infer<typeof fetchFailure>;

const fetchLine = z.discriminatedUnion('event', [
  z.object({ event: z.literal('unready'), what: z.enum(['token', 'library']) }),
  z.object({
    event: z.literal('planned'),
    revision: text,
    cache: text,
    files: z.number(),
    totalBytes: bytes,
    presentBytes: bytes,
  }),
  z.object({ event: z.literal('progress'), bytes }),
  z.object({ event: z.literal('checking'), bytes, totalBytes: bytes }),
  z.object({ event: z.literal('wrong'), file: text, why: text }),
  fetchFailure,
  z.object({
    event: z.literal('done'),
    folder: text,
    revision: text,
    totalBytes: bytes,
    fetchedBytes: bytes,
  }),
]);
export type FetchLine = z.infer<typeof fetchLine>;

const prefix = 'fl ';

/** Undefined for a line of the prologue or of the library. */
export function parseFetchLine(line: string): FetchLine | undefined {
  if (!line.startsWith(prefix)) return undefined;
  const decoded = decodeText(fetchLine, line.slice(prefix.length));
  return decoded.ok ? decoded.value : undefined;
}
