import { describe, expect, it } from 'vitest';

import { isUnhurried, type QueuePace, queueWaitMs } from './queue-pace.ts';

const pace = (more: Partial<QueuePace>): QueuePace => ({ pollMs: 15_000, refusals: 0, answerMs: 200, ...more });

describe('The pace of looks at a queue', () => {
  it.each<[string, Partial<QueuePace>, number]>([
    ['is 15 s of itself', {}, 15_000],
    ['is what the site asks for', { pollMs: 120_000 }, 120_000],
    ['doubles with each refusal', { refusals: 1 }, 30_000],
    ['doubles again', { refusals: 3 }, 120_000],
    ['ends at ten minutes', { refusals: 50 }, 600_000],
    ['is ten times what an answer takes', { answerMs: 20_000 }, 200_000],
    ['is at least what the site asks for, however fast it answers', { pollMs: 900_000, refusals: 3 }, 900_000],
  ])('%s', (_what, more, waitMs) => expect(queueWaitMs(pace(more))).toBe(waitMs));

  it('has early looks only where nothing asks for patience', () => {
    expect(isUnhurried(pace({}))).toBe(false);
    for (const more of [{ pollMs: 120_000 }, { refusals: 1 }, { answerMs: 5_000 }])
      expect(isUnhurried(pace(more))).toBe(true);
  });
});
