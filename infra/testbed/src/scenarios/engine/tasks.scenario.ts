// Models that do not chat, through both hops: embeddings, scores, reranking, and speech to text. Each serves what its task has, and
// refuses the rest as vLLM does.

import { afterAll, beforeAll, expect, test } from 'vitest';

import { openTestbed, type Testbed } from '../../index.ts';
import { type Connected, Researcher } from '../researcher.ts';

const timeoutMs = 120_000;

const flags = {
  embedder: '--runner, pooling, --convert, embed',
  reranker: '--runner, pooling, --convert, classify',
  whisper: '--sim-transcribe',
};
const names = ['embedder', 'reranker', 'whisper'] as const;
type Name = (typeof names)[number];

/** A WAV file: one channel, 16 bits, 16,000 samples a second, for a second and a half. */
const wave = `perl -e 'print "RIFF", pack("V", 48036), "WAVEfmt ", pack("VvvVVvv", 16, 1, 1, 16000, 32000, 2, 16), "data", pack("V", 48000), "\\0\\1" x 24000'`;

let testbed: Testbed;
const connected = {} as Record<Name, Connected>;

beforeAll(async () => {
  testbed = await openTestbed({ nodes: 1 });
  const alice = new Researcher(testbed);
  const [first, ...others] = names;
  const open = async (name: Name) => {
    await alice.deploy(name, '--set', `engines.sim.args=[${flags[name]}]`);
    connected[name] = await alice.connect(name);
  };
  await open(first);
  await Promise.all(others.map(open));
  await testbed.exec('laptop', ['sh', '-c', `${wave} > speech.wav; echo words > words.txt`]);
}, timeoutMs);
afterAll(() => testbed?.[Symbol.asyncDispose](), timeoutMs);

async function curl(name: Name, path: string, ...args: string[]): Promise<{ status: number; body: string }> {
  const { baseUrl, apiKey } = connected[name];
  const { stdout } = await testbed.exec('laptop', [
    'curl',
    '-sN',
    '--max-time',
    '40',
    '-w',
    '\n%{http_code}',
    '-H',
    `authorization: Bearer ${apiKey}`,
    ...args,
    baseUrl.replace('/v1', path),
  ]);
  const lines = stdout.split('\n');
  return { status: Number(lines.pop()), body: lines.join('\n') };
}

const post = (name: Name, path: string, body: object) =>
  curl(name, path, '-H', 'content-type: application/json', '-d', JSON.stringify(body));

const speak = (fields: Record<string, string> = {}, path = '/v1/audio/transcriptions') =>
  curl(
    'whisper',
    path,
    ...Object.entries({ file: '@speech.wav', ...fields }).flatMap(([field, value]) => ['-F', `${field}=${value}`]),
  );

const documents = ['a firewall', 'the quick brown fox', 'lazy dogs'];

test.each(['embedder', 'reranker'] as const)(
  '%s scores texts and ranks documents, with and without /v1',
  async (name) => {
    for (const path of ['/rerank', '/v1/rerank', '/v2/rerank']) {
      const { status, body } = await post(name, path, { query: 'the quick fox', documents, top_n: 2 });
      expect(status).toBe(200);
      const { results, model } = JSON.parse(body) as { results: Array<Record<string, unknown>>; model: string };
      expect(model).toBe('demo');
      expect(results).toHaveLength(2);
      expect(results[0]).toMatchObject({ index: 1, document: { text: 'the quick brown fox' } });
    }
    for (const path of ['/score', '/v1/score']) {
      const { status, body } = await post(name, path, { text_1: 'the quick fox', text_2: documents });
      expect(status).toBe(200);
      const { data } = JSON.parse(body) as { data: Array<{ score: number }> };
      const scores = data.map(({ score }) => score);
      expect(scores).toHaveLength(3);
      expect(Math.max(...scores)).toBe(scores[1]);
    }
    expect(await post(name, '/v1/rerank', { documents })).toMatchObject({
      status: 400,
      body: expect.stringContaining("'loc': 'body.query', 'msg': 'Field required'") as unknown,
    });
  },
  timeoutMs,
);

test(
  'each model refuses what its task does not have',
  async () => {
    const missing = { status: 404, body: '{"detail":"Not Found"}' };
    const chat = { messages: [{ role: 'user', content: 'hello' }] };
    for (const name of names) expect(await post(name, '/v1/chat/completions', chat)).toEqual(missing);
    expect(await post('reranker', '/v1/embeddings', { input: 'x' })).toEqual(missing);
    expect(await post('whisper', '/v1/rerank', { query: 'x', documents })).toEqual(missing);
    expect(await curl('embedder', '/v1/audio/transcriptions', '-F', 'file=@speech.wav')).toEqual(missing);
    const { status, body } = await post('embedder', '/v1/embeddings', { input: documents });
    expect(status).toBe(200);
    const { data } = JSON.parse(body) as { data: Array<{ embedding: number[] }> };
    expect(data.map(({ embedding }) => embedding.length)).toEqual([128, 128, 128]);
  },
  timeoutMs,
);

test(
  'speech becomes text: whole, with times, as a stream, and translated',
  async () => {
    const whole = JSON.parse((await speak()).body) as { text: string; usage: object };
    expect(whole.usage).toEqual({ type: 'duration', seconds: 2 });
    expect(whole.text).not.toBe('');
    const verbose = JSON.parse((await speak({ response_format: 'verbose_json', language: 'en' })).body) as object;
    expect(verbose).toMatchObject({
      duration: 1.5,
      language: 'en',
      text: whole.text,
      segments: [{ start: 0, end: 1.5 }],
    });
    const events = (await speak({ stream: 'true' })).body.split('\n\n').filter(Boolean);
    expect(events.at(-1)?.trim()).toBe('data: [DONE]');
    const chunks = events
      .slice(0, -1)
      .map(
        (event) =>
          JSON.parse(event.replace('data: ', '')) as { object: string; choices: [{ delta: { content: string } }] },
      );
    expect(chunks[0]?.object).toBe('transcription.chunk');
    expect(chunks.map(({ choices: [{ delta }] }) => delta.content).join('')).toBe(whole.text);
    expect(JSON.parse((await speak({}, '/v1/audio/translations')).body)).toEqual({ text: whole.text });
    expect(await speak({ file: '@words.txt' })).toMatchObject({
      status: 400,
      body: expect.stringContaining('Invalid or unsupported audio file.') as unknown,
    });
  },
  timeoutMs,
);
