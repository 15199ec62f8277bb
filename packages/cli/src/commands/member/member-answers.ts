// A member's model as `chat` asks it: what goes wrong is explained by what a member can do.

import type { MemberConnection } from '@fairlead/client/gateway';

import type { AnswerSource } from '../chat/stream-answer.ts';
import type { Context } from '../../context.ts';

const hints: Readonly<Record<string, string>> = {
  key_refused: 'The owner of the gateway gives another line: `fairlead members invite`.',
  engine_busy: 'See what is left of your limits: fairlead usage --gateway.',
  engine_unavailable: 'See how the models are: fairlead models --gateway.',
  engine_failed: 'Send it again; if it fails again, tell the owner of the gateway.',
  answer_cut: 'Send it again.',
  answer_invalid: 'Tell the owner of the gateway.',
};

/** A gateway goes on beyond the instances of a model: nothing of it ends for good. */
export function memberAnswers(connection: MemberConnection, { clock }: Pick<Context, 'clock'>): AnswerSource {
  const ended = Promise.withResolvers<void>().promise;
  return { connection: { ...connection, ended }, clock, whyEnded: () => undefined, hints };
}
