// What a researcher sees of a real vLLM that loads weights and compiles: the phases of its start, what it took the last time, its
// metrics, its load, and a benchmark.

import { existsSync, readFileSync } from 'node:fs';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { openTestbed, type Testbed } from '../../index.ts';
import { modelRecipe, venv } from '../../real-vllm/prepare-real-vllm.ts';
import { isToken, Researcher } from '../researcher.ts';
import { notedSince } from './engine-notes.ts';
import { realVllm, startTimeoutMs } from './real-vllm-deployment.ts';

const model = '/home/alice/models/three-shards';
const name = 'watched';

let testbed: Testbed;
let alice: Researcher;

beforeAll(async () => {
  testbed = await openTestbed({ nodes: 1 });
  alice = new Researcher(testbed);
  const make = ['mkdir', '-p', model, '&&', `${venv}/bin/python`, '-', model, '--weights', 'sharded'].join(' ');
  const stdin = readFileSync(modelRecipe, 'utf8');
  expect(await testbed.exec('login', ['sh', '-c', make], { stdin })).toMatchObject({ code: 0 });
}, 120_000);
afterAll(() => testbed[Symbol.asyncDispose]());

// Without a compiler for C++ vLLM cannot compile.
const compiles = existsSync('/usr/bin/g++');
const plain = ['--dtype', 'float32', '--max-model-len', '2048'];

const order = ['submitted', 'queued', 'booting', 'loading', 'compiling', 'warming', 'probing', 'ready'];

interface Told {
  state: { status: string; phase?: string; lastStartMs?: number };
}

/** Deploys, and resolves with the states that the command told, each once where it is told again, and with its last line. */
async function deploys(args: readonly string[]) {
  const { last, lines, stderr } = await alice.fairlead('deploy', ...realVllm(name, { model, args }));
  expect(last, stderr).toMatchObject({ event: 'deployment.ready', servedModel: 'tiny' });
  const told = lines.filter(({ event }) => event === 'instance.changed') as unknown as Told[];
  const phases = new Set(told.map(({ state }) => state.phase ?? state.status));
  return { last, told, phases: [...phases] };
}

test(
  'deploy shows the phases of a start, and loading and compiling raise no doubt about the engine',
  async () => {
    const startedMs = Date.now();
    const { last, phases } = await deploys(compiles ? plain : [...plain, '--enforce-eager']);
    process.stdout.write(`phases: ${phases.join(' ')}\n`);
    expect(phases).toEqual(expect.arrayContaining(compiles ? ['booting', 'compiling'] : ['booting']));
    // The others are over in a moment with so small a model.
    expect(phases).toEqual(order.filter((phase) => phases.includes(phase)));
    expect(last['startMs']).toBeGreaterThan(1000);
    const noted = await notedSince(testbed, String(last['instance']), startedMs);
    expect(noted.map(({ kind }) => kind)).not.toContain('engine.degraded');
    expect(noted.map(({ kind }) => kind)).not.toContain('engine.exited');
  },
  startTimeoutMs,
);

test(
  "metrics has vLLM's own figures with labels of the instance, top its load, bench its pace",
  async () => {
    const connected = await alice.connect(name);
    const stream = connected.stream({ tokens: 1900, decodeMs: 0 });
    await stream.line(isToken);
    const { last: metrics } = await alice.fairlead('metrics', name);
    const samples = metrics['samples'] as Array<{ name: string; labels: Record<string, string>; value: number }>;
    const tokens = samples.find((sample) => sample.name === 'vllm:generation_tokens_total');
    expect(tokens?.labels).toMatchObject({ deployment: name, model_name: 'tiny' });
    expect(tokens?.value).toBeGreaterThan(0);
    expect(samples.map((sample) => sample.name)).toContain('fairlead_requests_in_flight');
    await stream.ended;

    const { last: top } = await alice.fairlead('top', '--once');
    const [row] = top['instances'] as Array<Record<string, unknown>>;
    expect(row).toMatchObject({ name, state: { status: 'ready' } });
    expect(row).not.toHaveProperty('problem');

    const load = ['--concurrency', '1,4', '--requests', '8', '--input-tokens', '64', '--output-tokens', '16'];
    const { last: bench } = await alice.fairlead('bench', name, ...load);
    expect(bench).toMatchObject({ event: 'bench.done', ok: true });
    for (const level of bench['levels'] as Array<Record<string, number>>)
      expect(level).toMatchObject({ requests: 8, completed: 8, failed: 0, outputTokens: 128 });
    await connected.close();
  },
  startTimeoutMs,
);

const kvBytes = 2 ** 30;
const float32PerBfloat16 = 2;

async function printedKvTokens(instance: string): Promise<number> {
  const { stdout } = await testbed.exec('login', ['cat', `.local/share/fairlead/jobs/${instance}/engine.log`]);
  const [, tokens = ''] = /KV cache size: ([\d,]+) tokens/.exec(stdout) ?? [];
  return Number(tokens.replaceAll(',', ''));
}

/** Bytes, of the same model on one GPU, as `plan` has them. */
async function plannedKvPerToken(): Promise<number> {
  const { last } = await alice.fairlead('plan', `${venv}/tiny`, '--gpu', 'a100:80', '--gpus', '1', '--context', '2048');
  const [place] = last['places'] as Array<{ memory: { kvPerToken: number } }>;
  return place!.memory.kvPerToken;
}

test(
  'the next start of the model on such a node says how long the last one took; its KV cache is as planned',
  async () => {
    expect((await alice.fairlead('stop', name)).last).toMatchObject({ event: 'deployment.stopped', ok: true });
    const { last, told } = await deploys([...plain, '--enforce-eager']);
    // 1 GiB, as `realVllm` sets it; vLLM prints how many tokens that is. Not every CPU computes in bfloat16, of whose size a plan is.
    const printed = kvBytes / (await printedKvTokens(String(last['instance']))) / float32PerBfloat16;
    expect(Math.abs((await plannedKvPerToken()) / printed - 1)).toBeLessThan(0.05);
    expect(last['lastStartMs']).toBeGreaterThan(1000);
    expect(told.some(({ state }) => state.lastStartMs !== undefined)).toBe(true);
    expect((await alice.fairlead('stop', name, '--now')).last).toMatchObject({ event: 'deployment.stopped', ok: true });
  },
  startTimeoutMs,
);
