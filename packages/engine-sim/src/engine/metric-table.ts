// vLLM's metrics as data: names, help, labels, buckets as recorded (golden/metrics-types.txt). Serves no HTTP.

import type { EngineStats } from './engine-request.ts';

export interface ReadMetric {
  name: string;
  help: string;
  /** The label besides `engine` and `model_name`, and a reader for each of its values. */
  label?: string;
  read: (stats: EngineStats, kvCapacity: number) => number | Record<string, number>;
}

const zero = () => 0;

/** The metrics that each scrape reads from the engine. A name that ends in `_total` is a counter; the others are gauges. */
export const readMetrics: readonly ReadMetric[] = [
  { name: 'vllm:num_requests_running', help: 'Number of requests in model execution batches.', read: (s) => s.running },
  { name: 'vllm:num_requests_waiting', help: 'Number of requests waiting to be processed.', read: (s) => s.waiting },
  {
    name: 'vllm:num_requests_waiting_by_reason',
    help: 'Number of waiting requests by reason.',
    label: 'reason',
    read: (s) => ({ capacity: s.waiting, deferred: 0 }),
  },
  {
    name: 'vllm:engine_sleep_state',
    help: 'Engine sleep state; awake = 0 means engine is sleeping; awake = 1 means engine is awake.',
    label: 'sleep_state',
    read: () => ({ awake: 1, weights_offloaded: 0, discard_all: 0 }),
  },
  {
    name: 'vllm:kv_cache_usage_perc',
    help: 'KV-cache usage. 1 means 100 percent usage.',
    read: (s, kvCapacity) => Math.min(1, s.kvTokens / kvCapacity),
  },
  {
    name: 'vllm:prefix_cache_queries_total',
    help: 'Prefix cache queries, in terms of number of queried tokens.',
    read: (s) => s.promptTokens,
  },
  {
    name: 'vllm:prefix_cache_hits_total',
    help: 'Prefix cache hits, in terms of number of cached tokens.',
    read: zero,
  },
  {
    name: 'vllm:external_prefix_cache_queries_total',
    help: 'External prefix cache queries from KV connector cross-instance cache sharing.',
    read: zero,
  },
  {
    name: 'vllm:external_prefix_cache_hits_total',
    help: 'External prefix cache hits from KV connector cross-instance cache sharing.',
    read: zero,
  },
  { name: 'vllm:mm_cache_queries_total', help: 'Multi-modal cache queries.', read: zero },
  { name: 'vllm:mm_cache_hits_total', help: 'Multi-modal cache hits.', read: zero },
  {
    name: 'vllm:num_preemptions_total',
    help: 'Cumulative number of preemption from the engine.',
    read: (s) => s.preempted,
  },
  {
    name: 'vllm:admission_rejections_total',
    help: 'Number of admission attempts rejected by a queue limit, by reason.',
    label: 'reason',
    read: (s) => ({ max_num_queued_reqs: s.rejected, max_num_queued_tokens: 0 }),
  },
  { name: 'vllm:prompt_tokens_total', help: 'Number of prefill tokens processed.', read: (s) => s.promptTokens },
  {
    name: 'vllm:prompt_tokens_by_source_total',
    help: 'Number of prompt tokens by source.',
    label: 'source',
    read: (s) => ({ local_compute: s.promptTokens, local_cache_hit: 0, external_kv_transfer: 0 }),
  },
  {
    name: 'vllm:prompt_tokens_cached_total',
    help: 'Number of cached prompt tokens (local + external).',
    read: zero,
  },
  {
    name: 'vllm:generation_tokens_total',
    help: 'Number of generation tokens processed.',
    read: (s) => s.generationTokens,
  },
  {
    name: 'vllm:request_success_total',
    help: 'Count of successfully processed requests.',
    label: 'finished_reason',
    // vLLM does not count a client that leaves as an abort (measured.md, Wire).
    read: (s) => ({ stop: s.finished.stop, length: s.finished.length, abort: 0, error: 0, repetition: 0 }),
  },
];

const ttft = [
  0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560,
];
const perToken = [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80];
const perRequest = [0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680];
const perStep = [1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384];

/** The metrics that requests observe. `tokens`: buckets 1, 2, 5, 10, … up to the model's context length. */
export const histograms = {
  'vllm:request_prompt_tokens': { help: 'Number of prefill tokens processed.', buckets: 'tokens' },
  'vllm:request_generation_tokens': { help: 'Number of generation tokens processed.', buckets: 'tokens' },
  'vllm:iteration_tokens_total': { help: 'Histogram of number of tokens per engine_step.', buckets: perStep },
  'vllm:request_params_n': { help: 'Histogram of the n request parameter.', buckets: [1, 2, 5, 10, 20] },
  'vllm:request_params_max_tokens': { help: 'Histogram of the max_tokens request parameter.', buckets: 'tokens' },
  'vllm:time_to_first_token_seconds': { help: 'Histogram of time to first token in seconds.', buckets: ttft },
  'vllm:inter_token_latency_seconds': { help: 'Histogram of inter-token latency in seconds.', buckets: perToken },
  'vllm:request_time_per_output_token_seconds': {
    help: 'Histogram of time_per_output_token_seconds per request.',
    buckets: perToken,
  },
  'vllm:e2e_request_latency_seconds': { help: 'Histogram of e2e request latency in seconds.', buckets: perRequest },
  'vllm:request_queue_time_seconds': {
    help: 'Histogram of time spent in WAITING phase for request.',
    buckets: perRequest,
  },
  'vllm:request_inference_time_seconds': {
    help: 'Histogram of time spent in RUNNING phase for request.',
    buckets: perRequest,
  },
  'vllm:request_prefill_time_seconds': {
    help: 'Histogram of time spent in PREFILL phase for request.',
    buckets: perRequest,
  },
  'vllm:request_decode_time_seconds': {
    help: 'Histogram of time spent in DECODE phase for request.',
    buckets: perRequest,
  },
} as const satisfies Record<string, { help: string; buckets: 'tokens' | readonly number[] }>;

export type HistogramName = keyof typeof histograms;

/** 1, 2, 5, 10, 20, 50, … not above `max`. */
export function tokenBuckets(max: number): number[] {
  const buckets: number[] = [];
  for (let power = 1; power <= max; power *= 10)
    for (const step of [1, 2, 5]) if (step * power <= max) buckets.push(step * power);
  return buckets;
}
