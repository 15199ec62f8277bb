import { readFileSync } from 'node:fs';

import { parseSamples } from '@fairlead/engines/metrics';
import { decodeText, deploymentList } from '@fairlead/protocol';
import { expect, it } from 'vitest';

import { loadOfInstance, type Seen } from './instance-load.ts';
import { topLine, topText } from './top-text.ts';

const golden = new URL('../../../../protocol/golden/v2/api/deployment-list.json', import.meta.url);
const decoded = decodeText(deploymentList, readFileSync(golden, 'utf8'));
const [deployment] = decoded.ok ? decoded.value.deployments : [];
const [instance] = deployment?.instances ?? [];
const nowMs = 1_795_226_370_000;

function look(atMs: number, tokens: number) {
  const page = `fairlead_requests_in_flight 3
fairlead_engine_requests_running 2
fairlead_engine_requests_waiting 1
fairlead_engine_kv_cache_usage_ratio 0.25
vllm:generation_tokens_total{engine="0"} ${tokens}
vllm:generation_tokens_total{engine="1"} ${tokens}
fairlead_engine_prompt_tokens_total NaN
fairlead_gpu_utilization_ratio{gpu="0"} 0.5
fairlead_gpu_memory_used_bytes{gpu="0"} ${40 * 2 ** 30}
fairlead_gpu_memory_total_bytes{gpu="0"} ${80 * 2 ** 30}
fairlead_gpu_memory_total_bytes{gpu="1"} ${80 * 2 ** 30}
`;
  return { samples: parseSamples(page), atMs };
}

function seen(changes: Partial<Seen>): Seen {
  return { deployment: deployment!, instance: instance!, nowMs, ...changes };
}

it('loadOfInstance makes rates of two looks, over all engines', () => {
  const load = loadOfInstance(seen({ before: look(1_000, 100), now: look(3_000, 150) }));
  expect(load).toMatchObject({
    inFlight: 3,
    running: 2,
    waiting: 1,
    kvCacheUsage: 0.25,
    generationTokensPerSecond: 50,
  });
  expect(load).not.toHaveProperty('promptTokensPerSecond');
  expect(load.gpus).toEqual([
    { id: '0', utilization: 0.5, memoryUsedBytes: 40 * 2 ** 30, memoryTotalBytes: 80 * 2 ** 30 },
    { id: '1', memoryTotalBytes: 80 * 2 ** 30 },
  ]);
});

it('loadOfInstance claims no rate after one look, or where the engine began again', () => {
  expect(loadOfInstance(seen({ now: look(3_000, 150) }))).not.toHaveProperty('generationTokensPerSecond');
  const again = loadOfInstance(seen({ before: look(1_000, 1_000), now: look(3_000, 5) }));
  expect(again).not.toHaveProperty('generationTokensPerSecond');
});

it('loadOfInstance takes what control knows where there are no metrics', () => {
  const load = loadOfInstance(seen({ problem: 'no answer' }));
  expect(load).toMatchObject({ inFlight: instance!.load!.inFlight, problem: 'no answer', gpus: [] });
});

it('topText shows an instance in a row, what is not known as a dash, and problems below', () => {
  const load = loadOfInstance(seen({ before: look(1_000, 100), now: look(3_000, 150) }));
  const text = topText([load, { ...load, name: 'other', gpus: [], problem: 'bad\u001b[2J\nthing' }], nowMs);
  const [, , head, row, other] = text.split('\n');
  expect(head).toMatch(/^NAME +STATE +IN FLIGHT +WAITING +TOKENS\/S +PROMPT\/S +KV +GPU +GPU MEMORY +LEFT$/);
  expect(row).toMatch(/^llama +ready +3 +1 +50\.0 +- +25 % +50 % +40 of 80 GiB +/);
  expect(other).toMatch(/^other .* - +- +\d/);
  expect(text).toContain('other: bad␛[2J thing');
});

it('topText has a row for each node of several, with its GPUs and what is wrong with it', () => {
  const page = [0, 1].map(
    (rank) => `fairlead_gpu_utilization_ratio{node="a0${rank + 1}",rank="${rank}",gpu="0"} ${0.5 + rank / 4}
fairlead_gpu_memory_used_bytes{node="a0${rank + 1}",rank="${rank}",gpu="0"} ${(40 + rank) * 2 ** 30}
fairlead_gpu_memory_total_bytes{node="a0${rank + 1}",rank="${rank}",gpu="0"} ${80 * 2 ** 30}
fairlead_node_memory_held_bytes{node="a0${rank + 1}",rank="${rank}"} ${rank + 1}
`,
  );
  const node = { gpus: ['NVIDIA H100'], state: { status: 'running' as const } };
  const nodes = [
    { ...node, rank: 0, host: 'a01' },
    { ...node, rank: 1, host: 'a02', pressure: '57 of 60 GiB are in use' },
  ];
  const now = { samples: parseSamples(page.join('')), atMs: 1 };
  const load = loadOfInstance(seen({ instance: { ...instance!, nodes }, now }));
  expect(load.gpus).toHaveLength(2);
  expect(load.nodes?.[1]).toMatchObject({ host: 'a02', memoryHeldBytes: 2, gpus: [{ id: '0', utilization: 0.75 }] });
  const [, , , row, first, second] = topText([load], nowMs).split('\n');
  expect(row).toMatch(/63 % +81 of 160 GiB/);
  expect(first).toMatch(/^ +a01 \(rank 0\) +running +50 % +40 of 80 GiB/);
  expect(second).toMatch(/^ +a02 \(rank 1\) +57 of 60 GiB are in use +75 % +41 of 80 GiB/);
});

it('topLine has the same facts in one line', () => {
  const load = loadOfInstance(seen({ before: look(1_000, 100), now: look(3_000, 150) }));
  expect(topLine(load, nowMs)).toMatch(
    /llama {2}ready {2}3 in flight {2}1 waiting {2}50\.0 tokens\/s {2}- prompt tokens\/s/,
  );
});
