// Lines of the commands that publish deployments at a gateway of another account.

import { z } from 'zod';

import { line, ok, optionalText, text, texts } from './line.ts';

const publication = {
  deployment: text,
  gateway: text,
  state: z.enum(['connecting', 'offered', 'waiting', 'refused']),
  names: texts,
  instances: z.number(),
  problem: optionalText,
};

export const publishLines = {
  published: line(
    'The result. `state`: `offered`, `waiting` for an instance, or `connecting` where the gateway has not answered yet. `names`: by which members ask for it.',
    { ok, ...publication },
  ),
  publications: line('The result of `publish` without a name.', { ok, publications: z.array(z.object(publication)) }),
  unpublished: line('The result.', { ok, name: text, gateway: text }),
};
