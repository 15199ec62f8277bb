import { expect, it } from 'vitest';
import { vllmMetrics } from '../vllm/vllm.ts';
import { parseMetrics } from './parse-metrics.ts';

const text = `# HELP vllm:num_requests_running Number of requests in model execution batches.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="tiny"} 8.0
vllm:num_requests_running{engine="1",model_name="tiny"} 2.0
vllm:num_requests_waiting{engine="0",model_name="tiny"} 0.0
vllm:num_requests_waiting{engine="1",model_name="tiny"} 3.0
vllm:num_requests_waiting_by_reason{engine="0",model_name="tiny",reason="capacity"} 5.0
vllm:kv_cache_usage_perc{engine="0",model_name="tiny"} 0.2
vllm:kv_cache_usage_perc{engine="1",model_name="tiny"} 0.4
vllm:prompt_tokens_total{engine="0",model_name="tiny"} 149.0
vllm:generation_tokens_total{engine="0",model_name="tiny"} 7565.0
vllm:generation_tokens_created{engine="0",model_name="tiny"} 1.7952263702586653e+09
vllm:iteration_tokens_total_sum{engine="0",model_name="tiny"} 7714.0
`;

it('parseMetrics sums counts over engines and averages the cache', () => {
  const metrics = parseMetrics(text, vllmMetrics);
  expect(metrics).toMatchObject({ running: 10, waiting: 3, promptTokens: 149, generationTokens: 7565 });
  expect(metrics?.kvCacheUsage).toBeCloseTo(0.3);
});

it('parseMetrics returns undefined for a text without such metrics', () => {
  expect(parseMetrics('process_cpu_seconds_total 1\n', vllmMetrics)).toBeUndefined();
  expect(parseMetrics('<html>', vllmMetrics)).toBeUndefined();
});

it.each([
  ['binary', Buffer.from(Array.from({ length: 4096 }, (_, index) => index % 256)).toString('latin1')],
  ['HTML', '<html><body>502 Bad Gateway</body></html>'],
  [
    'values that are no numbers',
    'vllm:num_requests_running NaN\nvllm:num_requests_running +Inf\nvllm:generation_tokens_total x',
  ],
  ['a label that does not end', `vllm:num_requests_running{engine="${'0'.repeat(1_000_000)} 3.0`],
  ['one line without an end', 'vllm:num_requests_running'.repeat(100_000)],
])('parseMetrics takes nothing from a page of %s', (_, text) => {
  expect(parseMetrics(text, vllmMetrics)).toBeUndefined();
});

it('parseMetrics passes over lines that it cannot read, and takes the others', () => {
  const text =
    'vllm:num_requests_running{engine="0"} 2.0\n{} {\u0000\nvllm:num_requests_running{engine="1"\nvllm:num_requests_running{engine="1"} oops\n';
  expect(parseMetrics(text, vllmMetrics)).toMatchObject({ running: 2 });
});
