// The contract of every engine that embeds. Runs against the simulator, and against a real vLLM if there is one.

import { describe, expect, test } from 'vitest';
import { exchange } from './testing/exchange.ts';
import { exactEmbeddings, sendAgain, shapedCohere, shapedEmbeddings } from './testing/recorded-table.ts';
import { shapeOf } from './testing/shape.ts';

/** The flags of the engine under contract. */
export const embeddingFlags = '--runner pooling --convert embed --max-model-len 2048'.split(' ');

interface Embeddings {
  /** `data` is what /pooling says in place of `embedding`. */
  data: Array<{ embedding?: string | number[]; data?: string | number[] }>;
  usage: { prompt_tokens: number; completion_tokens: number };
}

interface CohereEmbeddings {
  embeddings: Record<string, Array<string | number[]>>;
  meta: unknown;
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
      const sizes = (one: Embeddings | undefined) =>
        one?.data.map(({ embedding, data }) => (embedding ?? data)?.length);
      expect(sizes(mine)).toEqual(sizes(theirs));
    });

    test.each(shapedCohere)('%s: status, headers, fields and size', async (recording) => {
      const { answer, recorded } = await sendAgain(engine(), recording);
      const [mine, theirs] = [answer, recorded].map(({ body }) => JSON.parse(body) as CohereEmbeddings);
      expect(shapeOf(mine)).toEqual(shapeOf(theirs));
      const sizes = (one: CohereEmbeddings | undefined) =>
        Object.entries(one?.embeddings ?? {}).map(([type, list]) => [type, list.map(({ length }) => length)]);
      expect(sizes(mine)).toEqual(sizes(theirs));
      expect(mine?.meta).toEqual(theirs?.meta);
    });

    test("Cohere's types and /pooling have the numbers of /v1/embeddings, and the signs of them as bits", async () => {
      const floats = (await embed({ input: 'the quick' })).data[0]?.embedding as number[];
      const { path, key } = engine();
      const headers = { authorization: `Bearer ${key}` };
      const body = { model: 'tiny', texts: ['the quick'], embedding_types: ['float', 'ubinary', 'binary', 'base64'] };
      const { embeddings } = JSON.parse(
        (await exchange(path, { path: '/v2/embed', headers, body })).body,
      ) as CohereEmbeddings;
      const raw = JSON.parse(
        (await exchange(path, { path: '/pooling', body: { model: 'tiny', input: 'the quick' } })).body,
      ) as { data: Array<{ data: number[] }> };
      const close = (value: number) => expect.closeTo(value, 5);
      const [float = [], unsigned = [], signed = []] = ['float', 'ubinary', 'binary'].map(
        (type) => embeddings[type]?.[0] as number[],
      );
      expect(float).toEqual(floats.map(close));
      expect(raw.data[0]?.data).toEqual(floats.map(close));
      const bits = unsigned.map((byte) => byte.toString(2).padStart(8, '0')).join('');
      expect(bits).toBe(floats.map((value) => (value >= 0 ? '1' : '0')).join(''));
      expect(signed).toEqual(unsigned.map((byte) => byte - 128));
      const bytes = Buffer.from(embeddings['base64']?.[0] as string, 'base64');
      expect(bytes.readFloatLE(0)).toBeCloseTo(floats[0] ?? Number.NaN, 5);
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
