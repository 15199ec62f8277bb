// The contract of every engine that compares texts. Runs against the simulator, and against a real vLLM if there is one.

import { describe, expect, test } from 'vitest';
import { exchange } from './testing/exchange.ts';
import { exactScores, sendAgain, shapedScores } from './testing/recorded-table.ts';
import { shapeOf } from './testing/shape.ts';

/** The flags of a cross-encoder under contract. */
export const crossEncoderFlags = [
  ...'--runner pooling --convert classify --max-model-len 2048'.split(' '),
  '--hf-overrides',
  '{"num_labels": 1}',
];

interface Ranked {
  results: Array<{ index: number; document: { text: string }; relevance_score: number }>;
}

export function describeScoringContract(name: string, engine: () => { path: string; key: string }): void {
  const post = async (path: string, body: object): Promise<unknown> => {
    const { path: socket, key } = engine();
    const headers = { authorization: `Bearer ${key}` };
    const answer = await exchange(socket, { path, headers, body: { model: 'tiny', ...body } });
    expect(answer.status, answer.body).toBe(200);
    return JSON.parse(answer.body);
  };
  const documents = ['a firewall', 'the quick brown fox', 'lazy dogs'];

  describe(`${name}: scores`, () => {
    test.each(exactScores)('%s: status, headers and body', async (recording) => {
      const { answer, recorded } = await sendAgain(engine(), recording);
      expect(answer.body).toBe(recorded.body);
    });

    test.each(shapedScores)('%s: status, headers and fields', async (recording) => {
      const { answer, recorded } = await sendAgain(engine(), recording);
      const [mine, theirs] = [answer, recorded].map(({ body }) => shapeOf(JSON.parse(body)));
      expect(mine).toEqual(theirs);
    });

    test('rerank sorts the documents by their scores, which are those of score; top_n cuts the list', async () => {
      const { results } = (await post('/v1/rerank', { query: 'the quick', documents })) as Ranked;
      const scored = (await post('/score', { queries: 'the quick', documents })) as { data: Array<{ score: number }> };
      for (const { index, document, relevance_score } of results) {
        expect(document.text).toBe(documents[index]);
        expect(relevance_score).toBeCloseTo(scored.data[index]?.score ?? Number.NaN, 3);
      }
      const scores = results.map(({ relevance_score }) => relevance_score);
      expect(scores).toEqual(scores.toSorted((one, other) => other - one));
      const cut = (await post('/v2/rerank', { query: 'the quick', documents, top_n: 2 })) as Ranked;
      expect(cut.results).toHaveLength(2);
      for (const [at, { relevance_score }] of cut.results.entries())
        expect(relevance_score).toBeCloseTo(scores[at] ?? Number.NaN, 3);
    });

    test('one text is compared with each of the others, or each with its counterpart', async () => {
      const counted = async (queries: unknown, others: unknown) =>
        ((await post('/score', { queries, documents: others })) as { data: unknown[] }).data.length;
      expect(await counted('the quick', documents)).toBe(3);
      expect(await counted(['a', 'b', 'c'], documents)).toBe(3);
      expect(await counted('a', 'b')).toBe(1);
    });
  });
}
