// Lines about Fairlead itself: configuration, versions, completions, manual, demo; and the failure of any command.

import { z } from 'zod';

import { line, ok, optionalText, text, texts } from './line.ts';

const range = z.object({ min: z.number(), max: z.number() });
const program = z.object({ version: text, protocol: range });

const configLines = {
  config: line('The result. `origins` has where each setting came from, by its path. Secrets are `***`.', {
    ok,
    config: z.unknown(),
    origins: z.record(z.string(), z.string()),
    files: texts,
    refused: z.array(z.object({ path: text, why: text, todo: text })),
    withheld: texts,
  }),
  'config.schema': line('The result.', { ok, schema: z.record(z.string(), z.unknown()) }),
  'config.trusted': line('The result. `settings` count from now on and did not before.', {
    ok,
    path: text,
    sha256: text,
    settings: texts,
  }),
  'config.untrusted': line('The result. `was`: the file was trusted before.', { ok, path: text, was: z.boolean() }),
};

const step = { name: text, ms: z.number() };

const demoLines = {
  'demo.started': line('The directory of the demo.', { dir: text }),
  step: line('One step of the demo and its time.', step),
  'demo.kept': line('With `--keep`: everything stays up until Ctrl-C.', {
    baseUrl: text,
    model: text,
    config: text,
    profile: text,
  }),
  'demo.team.queue': line(
    'With `--team`, each second: the answers that each member has got, and the requests that wait.',
    {
      answered: z.record(text, z.number()),
      waiting: z.number(),
    },
  ),
  'demo.team.kept': line('With `--team --keep`: everything stays up until Ctrl-C.', {
    baseUrl: text,
    keys: z.record(text, text),
  }),
  'demo.team.done': line(
    'With `--team`: the result. `answered` are answers that waited in a full queue; `refused` by a limit of the member.',
    {
      ok,
      names: z.record(text, texts),
      members: z.array(
        z.object({
          member: text,
          team: text,
          weight: z.number(),
          answered: z.number(),
          refused: z.number(),
          tokens: z.number(),
        }),
      ),
      steps: z.array(z.object(step)),
    },
  ),
  'demo.done': line('The result.', {
    ok,
    bastion: z.enum(['sshd', 'builtin']),
    hops: z.number(),
    firstTokenMs: z.number(),
    tokens: z.number(),
    steps: z.array(z.object(step)),
  }),
};

export const ownLines = {
  ...configLines,
  ...demoLines,
  versions: line('The result. `error` says why control could not be asked.', {
    ok,
    cli: program,
    control: program.optional(),
    agents: z
      .array(z.object({ deployment: text, instance: text, version: optionalText, protocol: z.number().optional() }))
      .optional(),
    error: z.object({ code: text, message: text }).optional(),
    advice: texts,
  }),
  completions: line('The result.', { ok, shell: z.enum(['bash', 'zsh', 'fish']), script: text }),
  man: line('The result.', { ok, page: text }),
  error: line('The last line of a command that fails. [errors.md](errors.md) has the codes.', {
    ok: z.literal(false),
    error: z.object({ code: text, message: text, hint: optionalText }),
  }),
};
