import { expect, test } from 'vitest';
import { readGolden } from '../testing/recorded-answer.ts';
import { tokenBuckets } from './metric-table.ts';
import { createMetrics } from './metrics.ts';

const stats = {
  running: 2,
  waiting: 0,
  promptTokens: 149,
  generationTokens: 7565,
  kvTokens: 500,
  finished: { stop: 3, length: 19 },
  preempted: 1,
  rejected: 0,
};

function makeMetrics() {
  return createMetrics({ modelName: 'tiny', maxModelLen: 2048, kvCapacity: 1000, stats: () => stats });
}

test('createMetrics: every name and type is one of the recorded ones', async () => {
  const recorded = new Set(readGolden('metrics-types.txt').split('\n'));
  const mine = (await makeMetrics().render()).split('\n').filter((line) => line.startsWith('# TYPE'));
  expect(mine.filter((line) => !recorded.has(line))).toEqual([]);
  expect(mine.length).toBeGreaterThan(50);
});

test('createMetrics: has the metrics that a supervisor reads', async () => {
  const text = await makeMetrics().render();
  const labels = 'engine="0",model_name="tiny"';
  for (const line of [
    `vllm:num_requests_running{${labels}} 2`,
    `vllm:num_requests_waiting{${labels}} 0`,
    `vllm:kv_cache_usage_perc{${labels}} 0.5`,
    `vllm:prompt_tokens_total{${labels}} 149`,
    `vllm:generation_tokens_total{${labels}} 7565`,
    `vllm:request_success_total{${labels},finished_reason="length"} 19`,
    `vllm:request_success_total{${labels},finished_reason="abort"} 0`,
  ])
    expect(text.split('\n')).toContain(line);
});

test('createMetrics: histograms count their observations', async () => {
  const metrics = makeMetrics();
  metrics.firstToken(0.03);
  metrics.stepped(64);
  metrics.httpAnswered('/v1/chat/completions', 'POST', 200);
  const text = await metrics.render();
  expect(text).toMatch(/time_to_first_token_seconds_bucket\{le="0\.02",[^}]*\} 0\n/);
  expect(text).toMatch(/time_to_first_token_seconds_bucket\{le="0\.04",[^}]*\} 1\n/);
  expect(text).toMatch(/vllm:iteration_tokens_total_sum\{[^}]*\} 64\n/);
  expect(text).toContain('http_requests_total{handler="/v1/chat/completions",method="POST",status="2xx"} 1');
});

test('tokenBuckets: as vLLM builds them', () => {
  expect(tokenBuckets(2048)).toEqual([1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000]);
});
