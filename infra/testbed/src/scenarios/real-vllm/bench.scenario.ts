// `fairlead bench` beside the real `vllm bench serve`, against the same endpoint: a simulator, whose pace is fixed, so that only the
// two programs can differ.

import { afterAll, beforeAll, expect, test } from 'vitest';

import { openTestbed, type Testbed } from '../../index.ts';
import { type Connected, Researcher } from '../researcher.ts';
import { venv } from '../../real-vllm/prepare-real-vllm.ts';

const timeoutMs = 600_000;
const name = 'paced';

let testbed: Testbed;
let alice: Researcher;
let connected: Connected;
beforeAll(async () => {
  testbed = await openTestbed({ nodes: 1 });
  alice = new Researcher(testbed);
  await alice.deploy(name, '--set', 'engines.sim.args=[--sim-prefill-ms, "600", --sim-decode-ms, "40"]');
  connected = await alice.connect(name);
}, timeoutMs);
afterAll(() => testbed[Symbol.asyncDispose](), timeoutMs);

interface Figures {
  completed: number;
  outputTokens: number;
  outputTokensPerSecond: number;
  medianTtftMs: number;
  medianTpotMs: number;
  medianItlMs: number;
}

interface Load {
  concurrency: number;
  requests: number;
}

const rounds = 3;
const inputTokens = 64;
/** So few that a time per token of another definition, by one token, differs by more than 5 %. */
const outputTokens = 16;

async function ours({ concurrency, requests }: Load): Promise<Figures> {
  const size = ['--input-tokens', String(inputTokens), '--output-tokens', String(outputTokens)];
  const load = ['--concurrency', String(concurrency), '--requests', String(requests)];
  const { last } = await alice.fairlead('bench', name, ...size, ...load);
  expect(last).toMatchObject({ event: 'bench.done', ok: true });
  const [level] = last['levels'] as [
    Record<'ttftMs' | 'tpotMs' | 'itlMs', { median: number }> & Record<string, number>,
  ];
  return {
    completed: level['completed']!,
    outputTokens: level['outputTokens']!,
    outputTokensPerSecond: level['outputTokensPerSecond']!,
    medianTtftMs: level.ttftMs.median,
    medianTpotMs: level.tpotMs.median,
    medianItlMs: level.itlMs.median,
  };
}

async function theirs({ concurrency, requests }: Load): Promise<Figures> {
  const flags = `--backend openai --endpoint /v1/completions --host 127.0.0.1 --port ${new URL(connected.baseUrl).port}
    --model ${connected.model} --tokenizer ${venv}/tiny --dataset-name random --random-input-len ${inputTokens}
    --random-output-len ${outputTokens} --num-prompts ${requests} --max-concurrency ${concurrency} --ignore-eos`;
  const { stdout, code, stderr } = await testbed.exec(
    'laptop',
    [`${venv}/bin/vllm`, 'bench', 'serve', ...flags.split(/\s+/)],
    {
      env: { OPENAI_API_KEY: connected.apiKey, HF_HUB_OFFLINE: '1', VLLM_NO_USAGE_STATS: '1', HOME: '/home/alice' },
    },
  );
  expect(code, stderr.slice(-2000)).toBe(0);
  const read = (label: string) =>
    Number(new RegExp(`^${label.replaceAll(/[()/]/g, '\\$&')}: +([\\d.]+)`, 'm').exec(stdout)?.[1]);
  return {
    completed: read('Successful requests'),
    outputTokens: read('Total generated tokens'),
    outputTokensPerSecond: read('Output token throughput (tok/s)'),
    medianTtftMs: read('Median TTFT (ms)'),
    medianTpotMs: read('Median TPOT (ms)'),
    medianItlMs: read('Median ITL (ms)'),
  };
}

const compared = ['outputTokensPerSecond', 'medianTtftMs', 'medianTpotMs', 'medianItlMs'] as const;

const middleOf = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

test.each([
  { concurrency: 1, requests: 8 },
  { concurrency: 4, requests: 32 },
])(
  'the figures of an engine with a fixed pace agree within 5 %: %j',
  async (load) => {
    const exact = { completed: load.requests, outputTokens: load.requests * outputTokens };
    const measured: { ours: Figures; theirs: Figures }[] = [];
    // In turns, so that a machine that is busy for a while disturbs both; and one round that was disturbed counts for nothing.
    for (let round = 0; round < rounds; round += 1)
      measured.push({ theirs: await theirs(load), ours: await ours(load) });
    for (const round of measured) expect(round).toMatchObject({ ours: exact, theirs: exact });
    for (const figure of compared) {
      const ratio = middleOf(measured.map((round) => round.ours[figure] / round.theirs[figure]));
      process.stdout.write(`concurrency ${load.concurrency}: ${figure}: ${ratio.toFixed(4)}\n`);
      expect(Math.abs(ratio - 1), `${figure}: ${JSON.stringify(measured)}`).toBeLessThan(0.05);
    }
  },
  timeoutMs,
);
