import { describe, expect, it } from 'vitest';

import type { Asked } from './ask-once.ts';
import { judgeAsked } from './judge-asked.ts';

const whole: Asked = {
  end: 'whole',
  wanted: 9,
  got: 9,
  status: 200,
  requestId: 'r1',
  words: '',
  retryAfterMs: undefined,
  startedMs: 10_000,
  endedMs: 11_000,
};
const isExplained = (more: Partial<Asked>, outages: Parameters<typeof judgeAsked>[1] = []) =>
  judgeAsked({ ...whole, ...more }, outages).isExplained;

describe('A request of a soak', () => {
  it.each<[string, Partial<Asked>, boolean]>([
    ['is whole', {}, true],
    ['is whole, and a token is missing', { got: 8 }, false],
    ['is left by its client', { end: 'left', got: 3 }, true],
    ['is refused in words', { end: 'refused', status: 503, words: 'it is starting' }, true],
    ['is refused without a word', { end: 'refused', status: 503 }, false],
    ['is refused as if its client were wrong', { end: 'refused', status: 401, words: 'unknown key' }, false],
    ['is cut with the reason', { end: 'cut', words: 'its instance is gone' }, true],
    ['is cut without a reason', { end: 'cut' }, false],
    ['is lost', { end: 'lost', words: 'ECONNRESET' }, false],
  ])('that %s', (_title, more, explained) => {
    expect(isExplained(more)).toBe(explained);
  });

  it.each<[string, { fromMs: number; toMs: number }, boolean]>([
    ['while the gateway was down', { fromMs: 10_500, toMs: 12_000 }, true],
    ['while the gateway is down for good', { fromMs: 10_500, toMs: Number.POSITIVE_INFINITY }, true],
    ['long after an outage', { fromMs: 1_000, toMs: 2_000 }, false],
    ['long before an outage', { fromMs: 20_000, toMs: 21_000 }, false],
  ])('that is lost %s', (_title, outage, explained) => {
    expect(isExplained({ end: 'lost' }, [outage])).toBe(explained);
  });
});
