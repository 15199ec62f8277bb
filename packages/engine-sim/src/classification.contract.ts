// The contract of every engine that puts texts into classes. Runs against the simulator, and against a real vLLM if there is one.

import { describe, expect, test } from 'vitest';
import { exchange } from './testing/exchange.ts';
import { exactClasses, sendAgain, shapedClasses } from './testing/recorded-table.ts';
import { shapeOf } from './testing/shape.ts';

interface Classes {
  data: Array<{ label: string; probs: number[]; num_classes: number }>;
}

export function describeClassificationContract(name: string, engine: () => { path: string; key: string }): void {
  const post = async (path: string, body: object): Promise<unknown> => {
    const answer = await exchange(engine().path, { path, body: { model: 'tiny', ...body } });
    expect(answer.status, answer.body).toBe(200);
    return JSON.parse(answer.body);
  };

  describe(`${name}: classes`, () => {
    test.each(exactClasses)('%s: status, headers and body', async (recording) => {
      const { answer, recorded } = await sendAgain(engine(), recording);
      expect(answer.body).toBe(recorded.body);
    });

    test.each(shapedClasses)('%s: status, headers and fields', async (recording) => {
      const { answer, recorded } = await sendAgain(engine(), recording);
      const [mine, theirs] = [answer, recorded].map(({ body }) => shapeOf(JSON.parse(body)));
      expect(mine).toEqual(theirs);
    });

    test('each text has a probability for each class, without a key; /pooling has the same', async () => {
      const input = ['the quick', 'brown fox', 'the quick'];
      const { data } = (await post('/classify', { input })) as Classes;
      const probabilities = data.map(({ probs: [only = Number.NaN] }) => only);
      expect(probabilities).toEqual(input.map(() => expect.closeTo(0.5, 0)));
      expect(probabilities[0]).toBeCloseTo(probabilities[2] ?? Number.NaN, 5);
      const pooled = (await post('/pooling', { input })) as { data: Array<{ data: number[] }> };
      for (const [at, { data: classes }] of pooled.data.entries())
        expect(classes).toEqual([expect.closeTo(probabilities[at] ?? Number.NaN, 5)]);
      const [raw] = ((await post('/classify', { input: 'the quick', use_activation: false })) as Classes).data;
      expect(1 / (1 + Math.exp(-(raw?.probs[0] ?? Number.NaN)))).toBeCloseTo(probabilities[0] ?? Number.NaN, 3);
    });
  });
}
