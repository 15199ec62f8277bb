// Lines of the commands that say why an engine failed: explain and why.

import { instanceState } from '@fairlead/protocol';
import { z } from 'zod';

import { line, ok, optionalText, text, texts } from './line.ts';

export const diagnosisFields = {
  verdict: z.enum(['failed', 'unknown', 'stopped', 'serving', 'unfinished', 'empty']),
  id: optionalText,
  what: text,
  why: optionalText,
  cure: optionalText,
  retry: z.boolean().optional(),
  otherNode: z.boolean().optional(),
  evidence: z.array(z.object({ line: z.number().optional(), text })),
  sources: texts.optional(),
  before: optionalText,
  version: optionalText,
  starts: z.number(),
};

export const diagnosisLines = {
  'log.explained': line(
    'The result. `id` is the entry of the catalogue of failures, where it knows this one; `retry` and `otherNode` say whether another start, or a start on another node, may go better; `before` is the failure of an earlier start.',
    {
      ok,
      file: text,
      lines: z.number(),
      ...diagnosisFields,
      others: z
        .array(z.object({ file: text, verdict: diagnosisFields.verdict, id: optionalText, what: text }))
        .optional()
        .meta({ description: 'What the other logs say, where several are named: `file` is the one that tells why.' }),
    },
  ),
  'deployment.explained': line(
    'The result, with the state of the deployment. `diagnosis` is absent where its logs cannot be read, or say nothing that matters.',
    {
      ok,
      name: text,
      instance: text,
      state: instanceState,
      log: z.enum(['engine', 'job']).optional(),
      diagnosis: z.object(diagnosisFields).optional(),
      report: optionalText.meta({
        description:
          'Where on the cluster the agent has saved what a hung engine showed: processes, threads, stacks, last lines.',
      }),
    },
  ),
};
