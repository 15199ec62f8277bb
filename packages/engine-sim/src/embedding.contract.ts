// The contract of every engine that embeds. Runs against the simulator, and against a real vLLM if there is one.

import { describe, expect, test } from 'vitest';
import { exchange } from './testing/exchange.ts';
import { exactEmbeddings, sendAgain, shapedEmbeddings } from './testing/recorded-table.ts';
import { shapeOf } from './testing/shape.ts';

/** The flags of the engine under contract. */
export const embeddingFlags = '--runner pooling --convert embed --max-model-len 2048'.split(' ');

interface Embeddings {
  data: Array<{ embedding: string | number[] }>;
  usage: { prompt_tokens: number; completion_tokens: number };
}

export function describeEmbeddingContract(name: string, engine: () => { path: string; key: string }): void {
  const embed = async (body: object): Promise<Embeddings> => {
    const { path, key } = engine();
    const headers = { authorization: `Bearer ${key}` };
    const answer = await exchange(path, { path: '/v1/embeddings', headers, body: { model: 'tiny', ...body } });
    expect(answer.status).toBe(200);
    return JSON.parse(answer.body) as Embeddings;
  };

  describe(`${name}: embeddings`, () => {
    test.each(exactEmbeddings)('%s: status, headers and body', async (recording) => {
      const { answer, recorded } = await sendAgain(engine(), recording);
      expect(answer.body).toBe(recorded.body);
    });

    test.each(shapedEmbeddings)('%s: status, headers, fields and size', async (recording) => {
      const { answer, recorded } = await sendAgain(engine(), recording);
      const [mine, theirs] = [answer, recorded].map(({ body }) => JSON.parse(body) as Embeddings);
      expect(shapeOf(mine)).toEqual(shapeOf(theirs));
      const sizes = (one: Embeddings | undefined) => one?.data.map(({ embedding }) => embedding.length);
      expect(sizes(mine)).toEqual(sizes(theirs));
    });

    test('base64 holds the same numbers as 32-bit floats; each vector has length 1', async () => {
      const floats = (await embed({ input: 'the quick' })).data[0]?.embedding as number[];
      const base64 = (await embed({ input: 'the quick', encoding_format: 'base64' })).data[0]?.embedding as string;
      const bytes = Buffer.from(base64, 'base64');
      const decoded = floats.map((_, at) => bytes.readFloatLE(at * 4));
      for (const [at, value] of floats.entries()) expect(decoded[at]).toBeCloseTo(value, 5);
      expect(Math.hypot(...floats)).toBeCloseTo(1, 2);
    });

    test('/invocations embeds, without a key', async () => {
      const body = { model: 'tiny', input: 'the quick' };
      const answer = await exchange(engine().path, { path: '/invocations', body });
      const { data } = JSON.parse(answer.body) as Embeddings;
      expect(data).toEqual((await embed({ input: 'the quick' })).data);
    });

    test('each of several texts has a vector, in order; equal texts have equal vectors', async () => {
      const { data, usage } = await embed({ input: ['the quick', 'brown fox', 'the quick'] });
      expect(data).toHaveLength(3);
      expect(data[2]?.embedding).toEqual(data[0]?.embedding);
      expect(data[1]?.embedding).not.toEqual(data[0]?.embedding);
      expect(usage.completion_tokens).toBe(0);
      expect(usage.prompt_tokens).toBeGreaterThan(3);
    });
  });
}
