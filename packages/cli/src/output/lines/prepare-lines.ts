// Lines of the commands that prepare what a job will need: prefetch and setup.

import { z } from 'zod';

import { line, ok, optionalText, text, texts } from './line.ts';

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
  'setup.planned': line('What will be built. `needsBytes` is an estimate.', {
    host: text,
    method: z.enum(['uv', 'venv', 'container']),
    directory: text,
    name: text,
    what: text,
    freeBytes: bytes,
    needsBytes: bytes,
  }),
  'setup.step': line('A step that takes long. Those that an earlier run has done are left out.', {
    step: z.enum(['venv', 'install', 'pull']),
  }),
  'setup.built': line('It is built under a name that no deployment uses yet.', {
    place: text,
    version: optionalText,
    sizeBytes: bytes,
  }),
  'setup.trial': line('A job that tries it on a compute node was submitted.', { jobId: text }),
  'setup.tried': line('It works on a compute node. `words` are its own, `gpus` those that PyTorch sees.', {
    host: text,
    words: text,
    gpus: z.number().optional(),
  }),
  'setup.done': line('The result. `command` is what the configuration has as `engines.<engine>.command`.', {
    ok,
    engine: text,
    cluster: text,
    command: texts,
    version: optionalText,
    sizeBytes: bytes,
    seconds: z.number(),
  }),
};
