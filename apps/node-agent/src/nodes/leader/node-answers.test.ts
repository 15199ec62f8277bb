import { ManualClock } from '@fairlead/kit/testing';
import { describe, expect, it } from 'vitest';
import { NodeAnswers } from './node-answers.ts';

describe('Answers of nodes', () => {
  it('are there when the last one came', async () => {
    const answers = new NodeAnswers<string>(new ManualClock(), 1_000);
    const both = answers.gather([1, 2]);
    const one = answers.gather([2]);
    answers.take(2, 'two');
    answers.take(7, 'not asked for');
    answers.take(1, 'one');
    expect([...(await both)]).toEqual([
      [2, 'two'],
      [1, 'one'],
    ]);
    expect([...(await one)]).toEqual([[2, 'two']]);
    expect((await answers.gather([])).size).toBe(0);
  });

  it('are those that came in time', async () => {
    const clock = new ManualClock();
    const answers = new NodeAnswers<string>(clock, 1_000);
    const asked = answers.gather([1, 2]);
    answers.take(1, 'one');
    await clock.advance(1_000);
    answers.take(2, 'late');
    expect([...(await asked)]).toEqual([[1, 'one']]);
  });
});
