// Lines of the commands that use a deployment: connect, chat and open.

import { z } from 'zod';

import { line, ok, optionalText, text } from './line.ts';

/** The engine's own counts, which may be more than these. */
const usage = z.looseObject({
  prompt_tokens: z.number(),
  completion_tokens: z.number().nullish(),
  total_tokens: z.number(),
});

export const useLines = {
  connected: line(
    'The port is open. The key is told here: a program asked for it. Of a gateway there is no instance, and the key is good at this port alone.',
    {
      ok,
      name: text,
      baseUrl: text,
      apiKey: text,
      servedModel: text,
      instance: optionalText,
      generation: z.number().optional(),
      gateway: optionalText,
      endToEnd: z
        .boolean()
        .optional()
        .meta({ description: 'Whether requests are encrypted past the bastion, to the node.' }),
    },
  ),
  'ssh.printed': line('The result of `--print-ssh`: a line for a shell, and what it holds open.', {
    ok,
    name: text,
    line: text,
    socket: text,
    baseUrl: text,
  }),
  'dashboard.opened': line('The port is open. The token is in the URL: a program asked for it.', {
    ok,
    name: text,
    url: text,
  }),
  'endpoint.up': line('The path is up again; with a new key where the deployment was deployed anew.', {
    generation: z.number(),
    instance: text,
    servedModel: optionalText,
    apiKey: optionalText,
  }),
  'endpoint.down': line('The path is down; the command waits for the next one.', { reason: text }),
  'requests.paused': line('The connection was lost; running requests wait for the next one.', {
    requests: z.number(),
    reason: text,
  }),
  'requests.resumed': line('They go on where they were, so much later.', {
    requests: z.number(),
    outageMs: z.number(),
  }),
  'requests.lost': line('They could not go on, and have failed.', {
    requests: z.number(),
    outageMs: z.number(),
    reason: text,
  }),
  'connection.ended': line('The last line: the port is closed.', { ok, name: text, reason: optionalText }),
  chunk: line('A piece of the answer, or of the reasoning before it.', { text: optionalText, reasoning: optionalText }),
  answer: line('The result.', {
    ok,
    name: text,
    servedModel: text,
    text,
    reasoning: text,
    finishReason: optionalText,
    usage: usage.optional(),
    firstTokenMs: z.number().optional(),
    totalMs: z.number(),
  }),
  examples: line('The result. The key is there with `--show-key` alone.', {
    ok,
    name: text,
    servedModel: text,
    baseUrl: text,
    apiKey: optionalText,
    examples: z.array(z.object({ title: text, text })),
  }),
};
