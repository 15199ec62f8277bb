// The registry behind `GET /metrics`: prom-client filled from the metric table.

import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { EngineObserver, EngineStats } from './engine-request.ts';
import { type HistogramName, histograms, type ReadMetric, readMetrics, tokenBuckets } from './metric-table.ts';

export interface MetricsOptions {
  modelName: string;
  maxModelLen: number;
  /** KV cache capacity in tokens. */
  kvCapacity: number;
  stats: () => EngineStats;
}

export interface Metrics extends EngineObserver {
  httpAnswered(handler: string, method: string, status: number): void;
  /** The text of `GET /metrics`. */
  render(): Promise<string>;
  readonly contentType: string;
}

export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry();
  const base = { engine: '0', model_name: options.modelName };
  const createdS = Date.now() / 1000;
  for (const metric of readMetrics) addReadMetric(registry, metric, base, options);
  for (const name of [...readMetrics.map((metric) => metric.name), ...Object.keys(histograms)])
    if (name.endsWith('_total') || name in histograms) addCreated(registry, name, base, createdS);
  const http = new Counter({
    name: 'http_requests_total',
    help: 'Total number of requests by method, status and handler.',
    labelNames: ['handler', 'method', 'status'],
    registers: [registry],
  });
  return {
    ...createObserver((name) => addHistogram(registry, name, base, options.maxModelLen)),
    httpAnswered: (handler, method, status) => http.inc({ handler, method, status: `${Math.floor(status / 100)}xx` }),
    render: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

type Base = { engine: string; model_name: string };

function addReadMetric(registry: Registry, metric: ReadMetric, base: Base, options: MetricsOptions): void {
  const { name, help, label } = metric;
  const samples = (): Array<[Record<string, string>, number]> => {
    const value = metric.read(options.stats(), options.kvCapacity);
    if (typeof value === 'number') return [[base, value]];
    return Object.entries(value).map(([key, one]) => [{ ...base, [label ?? '']: key }, one]);
  };
  const config = { name, help, labelNames: [...Object.keys(base), ...(label ? [label] : [])], registers: [registry] };
  if (name.endsWith('_total')) {
    const counter: Counter = new Counter({
      ...config,
      collect: () => {
        counter.reset();
        for (const [labels, value] of samples()) counter.inc(labels, value);
      },
    });
    return;
  }
  const gauge: Gauge = new Gauge({
    ...config,
    collect: () => {
      for (const [labels, value] of samples()) gauge.set(labels, value);
    },
  });
}

/** Python's client adds such a gauge to every counter and histogram, which misleads a reader that matches names by prefix. */
function addCreated(registry: Registry, name: string, base: Base, createdS: number): void {
  const created = name in histograms ? `${name}_created` : name.replace(/_total$/, '_created');
  const labelNames = Object.keys(base);
  new Gauge({ name: created, help: created, labelNames, registers: [registry] }).set(base, createdS);
}

function addHistogram(registry: Registry, name: HistogramName, base: Base, maxModelLen: number) {
  const { help, buckets } = histograms[name];
  const bounds = buckets === 'tokens' ? tokenBuckets(maxModelLen) : [...buckets];
  const labelNames = Object.keys(base);
  const histogram = new Histogram({ name, help, buckets: bounds, labelNames, registers: [registry] });
  histogram.zero(base);
  return histogram.labels(base);
}

function createObserver(open: (name: HistogramName) => { observe(value: number): void }): EngineObserver {
  const prompt = open('vllm:request_prompt_tokens');
  const generated = open('vllm:request_generation_tokens');
  const step = open('vllm:iteration_tokens_total');
  const choices = open('vllm:request_params_n');
  const maxTokens = open('vllm:request_params_max_tokens');
  const ttft = open('vllm:time_to_first_token_seconds');
  const interToken = open('vllm:inter_token_latency_seconds');
  const perToken = open('vllm:request_time_per_output_token_seconds');
  const whole = open('vllm:e2e_request_latency_seconds');
  const queue = open('vllm:request_queue_time_seconds');
  const inference = open('vllm:request_inference_time_seconds');
  const prefill = open('vllm:request_prefill_time_seconds');
  const decode = open('vllm:request_decode_time_seconds');
  return {
    stepped: (tokens) => step.observe(tokens),
    firstToken: (seconds) => ttft.observe(seconds),
    interToken: (seconds) => interToken.observe(seconds),
    ended: (request, { queueS, prefillS, decodeS, tokens }) => {
      choices.observe(Math.max(1, request.generations.length));
      maxTokens.observe(request.maxTokens);
      prompt.observe(request.promptTokens);
      generated.observe(tokens);
      queue.observe(queueS);
      prefill.observe(prefillS);
      decode.observe(decodeS);
      inference.observe(prefillS + decodeS);
      whole.observe(queueS + prefillS + decodeS);
      perToken.observe(tokens > 1 ? decodeS / (tokens - 1) : 0);
    },
  };
}
