// A real vLLM that serves through both hops: curl, openai-python, vLLM's own benchmark; and what happens when its processes die
// or hang, or it is stopped under load.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { openTestbed, type Testbed } from '../../index.ts';
import { type Connected, isToken, Researcher } from '../researcher.ts';
import { venv } from '../../real-vllm/prepare-real-vllm.ts';
import { foundHung, hangLimitMs } from './engine-notes.ts';
import { realVllm, startTimeoutMs } from './real-vllm-deployment.ts';

let testbed: Testbed;
let alice: Researcher;
let connected: Connected;
let instance: string;

const onNode = async (...argv: string[]) => (await testbed.exec('node1', argv, { user: 'root' })).stdout.trim();
const enginePid = (pattern: string) => onNode('pgrep', '-u', 'alice', '-o', '-f', pattern);
const statusOf = async () => (await connected.ask()).status;
/** The limits of health are those of a deployment whose user sets none. */
const restarts = 'health={crashLimit: 9, restartBaseSeconds: 0}';

beforeAll(async () => {
  testbed = await openTestbed({ nodes: 1 });
  alice = new Researcher(testbed);
  const { last } = await alice.fairlead('deploy', ...realVllm('real', { more: [restarts] }));
  expect(last).toMatchObject({ event: 'deployment.ready', servedModel: 'tiny' });
  instance = String(last['instance']);
  connected = await alice.connect('real');
}, startTimeoutMs);
afterAll(() => testbed[Symbol.asyncDispose]());

/** Runs a program of vLLM's environment on the laptop, against the local port. */
const onLaptop = (argv: readonly string[]) =>
  testbed.exec('laptop', argv, {
    env: {
      OPENAI_BASE_URL: connected.baseUrl,
      OPENAI_API_KEY: connected.apiKey,
      HF_HUB_OFFLINE: '1',
      VLLM_NO_USAGE_STATS: '1',
      HOME: '/home/alice',
    },
  });

describe('through the double hop', () => {
  test('curl streams', async () => {
    const stream = connected.stream({ tokens: 16, decodeMs: 0 });
    expect(await stream.ended).toBe(0);
    expect(stream.lines.filter((line) => line.startsWith('data: {')).length).toBeGreaterThan(3);
    expect(stream.lines).toContain('data: [DONE]');
  });

  test('openai-python chats, streams, and gets its own errors', async () => {
    const { stdout, stderr, code } = await onLaptop([`${venv}/bin/python`, '-c', openaiPython]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.trim().split('\n')).toEqual([
      'models tiny',
      'chat length 8',
      'stream 8 length',
      'wrong model 404 NotFoundError',
      'wrong key 401 AuthenticationError',
      'too long 400 BadRequestError',
    ]);
  });

  test(
    'vllm bench serve ends with every request answered',
    async () => {
      const port = new URL(connected.baseUrl).port;
      const flags = `--backend openai-chat --endpoint /v1/chat/completions --host 127.0.0.1 --port ${port} --model tiny
      --tokenizer ${venv}/tiny --dataset-name random --random-input-len 64 --random-output-len 32 --num-prompts 40
      --max-concurrency 10 --ignore-eos`;
      const argv = [`${venv}/bin/vllm`, 'bench', 'serve', ...flags.split(/\s+/)];
      const { stdout, code, stderr } = await onLaptop(argv);
      expect(code, stderr.slice(-2000)).toBe(0);
      expect(stdout).toMatch(/Successful requests: +40\b/);
      expect(stdout).toMatch(/Failed requests: +0\b/);
    },
    startTimeoutMs,
  );
});

const openaiPython = `
import openai
client = openai.OpenAI(max_retries=0)
say = [{"role": "user", "content": "hello"}]
print("models", *[model.id for model in client.models.list()])
answer = client.chat.completions.create(model="tiny", max_tokens=8, messages=say, extra_body={"ignore_eos": True})
print("chat", answer.choices[0].finish_reason, answer.usage.completion_tokens)
ask = dict(model="tiny", max_tokens=8, messages=say, stream=True, stream_options={"include_usage": True}, extra_body={"ignore_eos": True})
chunks = list(client.chat.completions.create(**ask))
print("stream", chunks[-1].usage.completion_tokens, [c.choices[0].finish_reason for c in chunks if c.choices][-1])
def attempt(what, client=client, **more):
    try: client.chat.completions.create(**{"model": "tiny", "messages": say, **more})
    except openai.APIStatusError as error: print(what, error.status_code, type(error).__name__)
attempt("wrong model", model="nobody")
attempt("wrong key", openai.OpenAI(api_key="wrong", max_retries=0))
attempt("too long", max_tokens=10_000_000)
`;

interface Told {
  state: { status: string };
  diagnosis?: { id?: string; what: string; cure?: string };
}

/** What `why` says of the deployment that serves again. */
async function whyAgain(): Promise<Told> {
  await expect.poll(statusOf, { timeout: 400_000, interval: 1000 }).toBe(200);
  await alice.until('real', ({ state }) => state.status === 'ready', 30_000);
  return (await alice.fairlead('why', 'real')).last as unknown as Told;
}

describe('serves again, and why names the cause, after', () => {
  test(
    'its EngineCore was killed',
    async () => {
      const stream = connected.stream({ tokens: 20_000, decodeMs: 0 });
      await stream.line(isToken);
      await onNode('kill', '-KILL', await enginePid('VLLM::EngineCore'));
      await stream.ended;
      expect(await whyAgain()).toMatchObject({
        state: { status: 'ready' },
        diagnosis: { verdict: 'failed', id: 'engine-core-killed', cure: expect.stringMatching(/slurm\.mem/) },
      });
    },
    startTimeoutMs,
  );

  test(
    'its worker was killed',
    async () => {
      await onNode('kill', '-KILL', await enginePid('VLLM::Worker'));
      expect(await whyAgain()).toMatchObject({ diagnosis: { id: expect.stringMatching(/^worker-(?:died|killed)$/) } });
    },
    startTimeoutMs,
  );

  test(
    'its API server was killed, whose children are ended before the next start',
    async () => {
      const core = await enginePid('VLLM::EngineCore');
      await onNode('kill', '-KILL', await enginePid('vllm serve'));
      expect(await whyAgain()).toMatchObject({ diagnosis: { id: 'killed' } });
      expect(await onNode('sh', '-c', `kill -0 ${core} 2>&1 || true`)).toMatch(/No such process/);
    },
    startTimeoutMs,
  );

  test(
    'its EngineCore was frozen while it was idle',
    async () => {
      const frozenMs = Date.now();
      await onNode('kill', '-STOP', await enginePid('VLLM::EngineCore'));
      const { tookMs, message, report } = await foundHung(testbed, instance, frozenMs);
      process.stdout.write(`EngineCore, idle: hung after ${Math.round(tookMs / 1000)} s (${message})\n`);
      expect(tookMs).toBeLessThanOrEqual(hangLimitMs);
      expect(report).toMatch(/^State:\s+T \(stopped\)$/m);
      expect(await whyAgain()).toMatchObject({
        state: { status: 'ready' },
        diagnosis: { verdict: 'failed', id: 'engine-hung', cure: expect.stringMatching(/started again/) },
      });
    },
    startTimeoutMs,
  );
});

test(
  'a stop under load lets the streams end whole, refuses new requests, and leaves nothing behind',
  async () => {
    const streams = [1, 2, 3].map(() => connected.stream({ tokens: 8000, decodeMs: 0 }));
    for (const stream of streams) await stream.line(isToken);
    const stopping = alice.start('stop', 'real');
    await alice.until('real', ({ state }) => state.status === 'draining', 30_000);
    expect((await connected.ask()).status).toBe(503);
    for (const stream of streams) {
      expect(await stream.ended).toBe(0);
      expect(stream.lines).toContain('data: [DONE]');
    }
    expect(await stopping.ended).toBe(0);
    expect(JSON.parse(stopping.lines.at(-1) ?? '')).toMatchObject({ event: 'deployment.stopped', ok: true });
    // It ends with its deployment.
    await connected.running.ended;
    expect(await onNode('pgrep', '-u', 'alice', '-a')).toBe('');
  },
  startTimeoutMs,
);
