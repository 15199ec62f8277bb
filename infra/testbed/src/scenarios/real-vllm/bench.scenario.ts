// `fairlead bench` beside the real `vllm bench serve`, against the same endpoint: a simulator, whose pace is fixed, so that only the
// two programs can differ.

import { afterAll, beforeAll, expect, test } from 'vitest';

import { openTestbed, type Testbed } from '../../index.ts';
import { type Connected, Researcher } from '../researcher.ts';
import { venv } from '../../real-vllm/prepare-real-vllm.ts';

const timeoutMs = 600_000;

let testbed: Testbed;
let alice: Researcher;
beforeAll(async () => {
  testbed = await openTestbed({ nodes: 1 });
  alice = new Researcher(testbed);
}, timeoutMs);
afterAll(() => testbed[Symbol.asyncDispose](), timeoutMs);

interface Figures {
  completed: number;
  outputTokens: number;
  outputTokensPerSecond: number;
  medianTtftMs: number;
  medianTpotMs: number;
}

interface Load {
  concurrency: number;
  requests: number;
}

const rounds = 2;
const inputTokens = 64;
const outputTokens = 32;

async function ours(name: string, { concurrency, requests }: Load): Promise<Figures> {
  const size = ['--input-tokens', String(inputTokens), '--output-tokens', String(outputTokens)];
  const load = ['--concurrency', String(concurrency), '--requests', String(requests)];
  const { last } = await alice.fairlead('bench', name, ...size, ...load);
  expect(last).toMatchObject({ event: 'bench.done', ok: true });
  const [level] = last['levels'] as [Record<'ttftMs' | 'tpotMs', { median: number }> & Record<string, number>];
  return {
    completed: level['completed']!,
    outputTokens: level['outputTokens']!,
    outputTokensPerSecond: level['outputTokensPerSecond']!,
    medianTtftMs: level.ttftMs.median,
    medianTpotMs: level.tpotMs.median,
  };
}

async function theirs(connected: Connected, { concurrency, requests }: Load): Promise<Figures> {
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
  };
}

interface Best {
  outputTokensPerSecond: number;
  medianTtftMs: number;
  medianTpotMs: number;
}

/** A round that a busy machine disturbed counts for nothing: of each figure the best. */
function bestOf(rounds: readonly Figures[]): Best {
  const lowest = (name: 'medianTtftMs' | 'medianTpotMs') => Math.min(...rounds.map((round) => round[name]));
  return {
    outputTokensPerSecond: Math.max(...rounds.map((round) => round.outputTokensPerSecond)),
    medianTtftMs: lowest('medianTtftMs'),
    medianTpotMs: lowest('medianTpotMs'),
  };
}

/** Measures in turns with both, so that a machine that is busy for a while disturbs both; compares. */
async function compare(name: string, load: Load): Promise<void> {
  const connected = await alice.connect(name);
  const runs: { ours: Figures[]; theirs: Figures[] } = { ours: [], theirs: [] };
  for (let round = 0; round < rounds; round += 1) {
    runs.theirs.push(await theirs(connected, load));
    runs.ours.push(await ours(name, load));
  }
  const exact = { completed: load.requests, outputTokens: load.requests * outputTokens };
  for (const run of [...runs.ours, ...runs.theirs]) expect(run).toMatchObject(exact);
  const [measured, expected] = [bestOf(runs.ours), bestOf(runs.theirs)];
  const words = JSON.stringify({ load, measured, expected });
  for (const figure of ['outputTokensPerSecond', 'medianTtftMs', 'medianTpotMs'] as const)
    expect(Math.abs(measured[figure] / expected[figure] - 1), `${figure}: ${words}`).toBeLessThan(0.05);
}

test.each([
  { concurrency: 1, requests: 10 },
  { concurrency: 4, requests: 40 },
])(
  'the figures of an engine with a fixed pace agree within 5 %: %j',
  async (load) => {
    const name = `paced${load.concurrency}`;
    const pace = 'engines.sim.args=[--sim-prefill-ms, "1000", --sim-decode-ms, "40"]';
    await alice.deploy(name, '--set', pace);
    await compare(name, load);
    await alice.fairlead('stop', name);
  },
  timeoutMs,
);
