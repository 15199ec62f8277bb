// Lines about the way to the bastion and about what runs there.

import { z } from 'zod';

import { line, optionalText, text, texts } from './line.ts';

/** Which of several routes to the bastion is taken, and why. */
export const routeFields = { name: text, number: z.number(), of: z.number(), why: text, refused: texts };

export const bastionLines = {
  'driver.chosen': line("The system's ssh logs in to a host.", {
    host: text,
    driver: z.literal('ssh'),
    because: text,
    why: optionalText,
  }),
  'route.taken': line('Which of several routes to the bastion is taken.', routeFields),
  'profile.rerouted': line('The profile has the routes of the configuration now.', { path: text }),
  'bastion.preparing': line('The bastion is not known on this machine yet and is prepared.', {}),
  'bastion.reached': line('The bastion answers.', { host: text, hostKey: text }),
  'control.uploaded': line('Control was uploaded to the bastion.', { version: text }),
  'control.running': line('Control runs on the bastion.', {
    run: text,
    was: z.enum(['running', 'started', 'absent', 'replaced']),
  }),
  'control.replaced': line('Another version of control runs.', { version: text, before: optionalText }),
  'control.lost': line('Control does not answer; the command tries again.', { reason: text }),
  'control.back': line('Control answers again.', {}),
};
