// `fairlead bench` beside `vllm bench serve`, against the same endpoints: the simulator, whose pace is fixed, and a real vLLM.

import { afterAll, beforeAll, expect, test } from 'vitest';

import { openTestbed, type Testbed } from '../../index.ts';
import { type Connected, Researcher } from '../researcher.ts';
import { venv } from '../../real-vllm/prepare-real-vllm.ts';
import { realVllm, startTimeoutMs } from './real-vllm-deployment.ts';

const timeoutMs = 300_000;

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
  medianItlMs: number;
}

interface Load {
  concurrency: number;
  requests: number;
}

const inputTokens = 64;
const outputTokens = 32;

async function ours(name: string, { concurrency, requests }: Load): Promise<Figures> {
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
    medianItlMs: read('Median ITL (ms)'),
  };
}

/** Of each figure, how far ours is from theirs, as a part of theirs. */
function differences(one: Figures, other: Figures): Record<string, number> {
  const names = ['outputTokensPerSecond', 'medianTtftMs', 'medianTpotMs', 'medianItlMs'] as const;
  return Object.fromEntries(names.map((name) => [name, Math.abs(one[name] - other[name]) / other[name]]));
}

test.each([
  { concurrency: 1, requests: 6 },
  { concurrency: 4, requests: 16 },
])(
  'the figures of an engine with a fixed pace agree within 5 %: %j',
  async (load) => {
    const name = `paced${load.concurrency}`;
    const pace = 'engines.sim.args=[--sim-prefill-ms, "300", --sim-decode-ms, "40"]';
    await alice.deploy(name, '--set', pace);
    const connected = await alice.connect(name);
    const [expected, measured] = [await theirs(connected, load), await ours(name, load)];
    const exact = { completed: load.requests, outputTokens: load.requests * outputTokens };
    expect(expected).toMatchObject(exact);
    expect(measured).toMatchObject(exact);
    for (const [figure, part] of Object.entries(differences(measured, expected)))
      expect(part, `${figure}: ${JSON.stringify({ measured, expected })}`).toBeLessThan(0.05);
    await alice.fairlead('stop', name);
  },
  timeoutMs,
);

test(
  'the figures of a real vLLM agree within 5 % in the best of five rounds',
  async () => {
    const { last } = await alice.fairlead('deploy', ...realVllm('real'));
    expect(last).toMatchObject({ event: 'deployment.ready' });
    const connected = await alice.connect('real');
    const load = { concurrency: 2, requests: 40 };
    const best = (rounds: Figures[]) => ({
      throughput: Math.max(...rounds.map((round) => round.outputTokensPerSecond)),
      tpotMs: Math.min(...rounds.map((round) => round.medianTpotMs)),
    });
    const rounds: { ours: Figures[]; theirs: Figures[] } = { ours: [], theirs: [] };
    // In turns, so that a machine that is busy for a while disturbs both.
    for (let round = 0; round < 5; round += 1) {
      rounds.theirs.push(await theirs(connected, load));
      rounds.ours.push(await ours('real', load));
    }
    const exact = { completed: load.requests, outputTokens: load.requests * outputTokens };
    for (const figures of [...rounds.ours, ...rounds.theirs]) expect(figures).toMatchObject(exact);
    const [measured, expected] = [best(rounds.ours), best(rounds.theirs)];
    const words = JSON.stringify({ measured, expected, rounds });
    process.stdout.write(`${words}\n`);
    expect(Math.abs(measured.throughput / expected.throughput - 1), words).toBeLessThan(0.05);
    expect(Math.abs(measured.tpotMs / expected.tpotMs - 1), words).toBeLessThan(0.05);
  },
  startTimeoutMs,
);
