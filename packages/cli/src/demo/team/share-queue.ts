// Members who ask for more than fits, until so many of their answers have waited in a full queue that the shares are seen.

import { type Clock, repeatEvery, silentLog, untilOver } from '@fairlead/kit';

import { askMember } from './ask-member.ts';

export interface BusyMember {
  member: string;
  key: string;
}

export interface Shares {
  /** Answers that waited in a full queue, by member. */
  answered: Record<string, number>;
  /** Of all answers. */
  tokens: Record<string, number>;
  /** Requests that are on their way. */
  waiting: number;
}

export interface ShareQueueOptions {
  address: string;
  model: string;
  askers: readonly BusyMember[];
  /** Each second. */
  onLook: (shares: Shares) => void;
  clock: Clock;
  signal: AbortSignal;
}

/** Requests of each member at a time: more than the engine takes of both. */
const lanes = 8;
/** A place behind others tells that the queue was full. */
const fullFromPlace = 3;
const enoughAnswers = 80;
const longestMs = 120_000;

/** Resolves with the shares. Rejects with the signal's reason. */
export async function shareQueue(options: ShareQueueOptions): Promise<Shares> {
  const { askers, clock, signal, onLook } = options;
  const zero = () => Object.fromEntries(askers.map(({ member }) => [member, 0]));
  const shares: Shares = { answered: zero(), tokens: zero(), waiting: 0 };
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const looking = repeatEvery(1_000, () => onLook(shares), { op: 'demo.look', clock, log: silentLog, signal: either });
  const late = untilOver(clock.sleep(longestMs, either), either).then(() => over.abort(enough));
  const keepAsking = async ({ member, key }: BusyMember) => {
    while (!either.aborted) {
      shares.waiting += 1;
      const answer = await askMember({ ...options, key, signal: either });
      shares.waiting -= 1;
      if (answer.kind === 'refused') continue;
      shares.tokens[member]! += answer.tokens;
      if (answer.place >= fullFromPlace) shares.answered[member]! += 1;
      if (sumOf(shares.answered) >= enoughAnswers) over.abort(enough);
    }
  };
  const asking = askers.flatMap((asker) => Array.from({ length: lanes }, () => untilOver(keepAsking(asker), either)));
  await Promise.all([...asking, looking, late]);
  signal.throwIfAborted();
  return { ...shares, waiting: 0 };
}

const enough = new Error('enough answers');

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
