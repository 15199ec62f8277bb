// What the gateway tells its clients where a request cannot be answered: what is wrong, and what to do.

import { type InstanceState, isServing } from '@fairlead/protocol';
import { type Refusal, refuse } from '@fairlead/openai-wire';

import type { KeyProblem } from '../accounts/key-book.ts';
import type { LimitKind, LimitLeft } from '../limits/budget.ts';
import type { AccountKind, RefusedBy } from '../limits/ledger.ts';
import type { OfferedModel } from '../routing/offer.ts';

const keyTexts: Readonly<Record<KeyProblem, string>> = {
  absent: 'There is no key. Send the key that you were given as `Authorization: Bearer <key>` or `x-api-key: <key>`.',
  foreign:
    'The key is not one of this gateway: its keys begin with `flk_`. Look for another OPENAI_API_KEY in the environment.',
  mistyped: 'The key has a typo, or was cut short. Copy it again.',
  unknown: 'The key is not known here. Ask the owner of the gateway for another.',
  revoked: 'The key has been revoked. Ask the owner of the gateway for another.',
  expired: 'The key has expired. Ask the owner of the gateway for another.',
};

export function keyRefusal(why: KeyProblem): Refusal {
  return refuse('unauthorized', keyTexts[why]);
}

export const keyInUrl = refuse(
  'unauthorized',
  'A key stands in the URL of this request, where logs keep it: it is not read there. Send it as `Authorization: Bearer <key>`, and ask the owner of the gateway for another.',
);

export function tooManyKeys(pauseMs: number): Refusal {
  const seconds = Math.max(1, Math.ceil(pauseMs / 1_000));
  return refuse('too_many', `Too many wrong keys came from this address. Try again in ${seconds} s.`, seconds);
}

export const noBodyRoom = refuse(
  'too_many',
  'The gateway holds as many bytes of request bodies as it can. Send fewer large requests at a time, and this one again.',
  2,
);

/** A model that the key may not use is not shown to exist. */
export function modelUnknown(model: string, known: readonly string[]): Refusal {
  const list = known.length === 0 ? 'There is none now.' : `There are: ${known.join(', ')}.`;
  return refuse('not_found', `The model ${JSON.stringify(shorten(model))} is not served here for this key. ${list}`);
}

export function modelNotReady({ id, state }: OfferedModel): Refusal {
  return refuse(
    'not_ready',
    `${id} cannot answer now: ${describeState(state)}. Try again later.`,
    retrySecondsOf(state),
  );
}

function describeState(state: InstanceState): string {
  switch (state.status) {
    case 'submitted':
      return 'its job has been submitted';
    case 'queued':
      return `its job waits in the queue${state.reason === undefined ? '' : ` (${state.reason})`}`;
    case 'starting':
      return `it is starting (${state.phase}${state.percent === undefined ? '' : `, ${Math.round(state.percent)} %`})`;
    case 'ready':
    case 'degraded':
      return 'the way to its instance is down';
    case 'draining':
    case 'stopped':
    case 'failed':
      return `its instance is about to end (${state.cause.message})`;
  }
}

function retrySecondsOf(state: InstanceState): number {
  if (isServing(state)) return 2;
  return state.status === 'submitted' || state.status === 'queued' ? 60 : 10;
}

const whoseTexts: Readonly<Record<AccountKind, string>> = {
  key: 'This key has',
  member: 'You have',
  team: 'Your team has',
};

const limitTexts: Readonly<Record<LimitKind, (refused: RefusedBy, who: string) => string>> = {
  requests: ({ most }, who) => `${who} used ${most} requests in the last minute, which is the limit.`,
  tokens: ({ most, left }, who) => `${who} ${left} left of ${most} tokens a minute. ${couldNeedMore}`,
  'tokens-day': ({ most, left }, who) => `${who} ${left} left of ${most} tokens a day. ${couldNeedMore}`,
  'tokens-month': ({ most, left }, who) => `${who} ${left} left of ${most} tokens a month. ${couldNeedMore}`,
  concurrent: ({ most }, who) => `${who} ${most} requests running, which is the limit.`,
};
const couldNeedMore = 'This request could need more; a lower `max_tokens` needs fewer.';

export function limitRefusal(refused: RefusedBy): Refusal {
  const seconds = Math.max(1, Math.ceil(refused.resetMs / 1_000));
  const text = limitTexts[refused.limit](refused, whoseTexts[refused.whose]);
  return refuse('too_many', `${text} Try again in ${durationText(seconds)}.`, seconds);
}

function durationText(seconds: number): string {
  if (seconds < 7_200) return `${seconds} s`;
  const hours = Math.ceil(seconds / 3_600);
  return hours < 48 ? `${hours} hours` : `${Math.ceil(hours / 24)} days`;
}

/** As OpenAI names them; those of days and months in the same manner. */
export function limitFields(limits: readonly LimitLeft[]): string[] {
  const fields: string[] = [];
  for (const { limit, most, left, resetMs } of limits)
    if (limit !== 'concurrent')
      fields.push(
        `x-ratelimit-limit-${limit}: ${most}`,
        `x-ratelimit-remaining-${limit}: ${left}`,
        `x-ratelimit-reset-${limit}: ${Math.ceil(resetMs)}ms`,
      );
  return fields;
}

export function queueFull({
  full,
  most,
  retryAfterMs,
}: {
  full: 'member' | 'pool';
  most: number;
  retryAfterMs: number;
}): Refusal {
  const seconds = Math.max(1, Math.ceil(retryAfterMs / 1_000));
  return full === 'member'
    ? refuse('too_many', `${most} of your requests wait for this model already. Try again in ${seconds} s.`, seconds)
    : refuse('not_ready', `${most} requests wait for this model already. Try again in ${seconds} s.`, seconds);
}

export function queuedTooLong(queuedMs: number, waiting: number): Refusal {
  const seconds = Math.round(queuedMs / 1_000);
  return refuse(
    'not_ready',
    `This request waited ${seconds} s for its turn, with ${waiting} others. Try again later.`,
    30,
  );
}

export function badBody(problem: string): Refusal {
  return refuse('bad_request', `The body of this request cannot be used because ${problem}. Correct the client.`);
}

export const compressedBody = refuse(
  'unsupported_encoding',
  'The body of this request is compressed. Send it without `Content-Encoding`.',
);

/** `what`: how the instance, or the way to it, failed. */
export function upstreamProblem(model: string, what: string): Refusal {
  return refuse('engine_unavailable', `The answer of ${model} failed because ${what}. Send the request again.`, 2);
}

export const lateProblems = {
  head: refuse('bad_request', 'The request head did not arrive in time. Send it again.'),
  body: refuse('bad_request', 'The request body stopped arriving. Send it again.'),
  firstByte: refuse(
    'engine_unavailable',
    'The model has not begun to answer in time. Send the request again later.',
    10,
  ),
  quiet: refuse('engine_unavailable', 'The model has stopped in the middle of its answer. Send the request again.', 10),
} as const;

function shorten(name: string): string {
  return name.length > 100 ? `${name.slice(0, 100)}…` : name;
}
