// Lines of the commands that prepare what a job will need: prefetch and setup.

import { z } from 'zod';

import { line, ok, text } from './line.ts';

const bytes = z.number();

export const prepareLines = {
  'prefetch.planned': line('What will be downloaded; `presentBytes` are there already.', {
    model: text,
    host: text,
    revision: text,
    cache: text,
    files: z.number(),
    totalBytes: bytes,
    presentBytes: bytes,
  }),
  'prefetch.progress': line('Bytes in the cache, of all that the model has; at most once a second.', {
    bytes,
    totalBytes: bytes,
  }),
  'prefetch.checking': line('Bytes whose hash is compared.', { bytes, totalBytes: bytes }),
  prefetched: line('The result: the weights are complete. `folder` is the snapshot.', {
    ok,
    model: text,
    host: text,
    folder: text,
    revision: text,
    totalBytes: bytes,
    fetchedBytes: bytes,
  }),
};
