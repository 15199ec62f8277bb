// Reads from a Prometheus text what the agent needs of an engine's load. Pure; sums over engines (data parallel).

export interface EngineMetrics {
  running: number;
  waiting: number;
  promptTokens: number;
  generationTokens: number;
  kvCacheUsage?: number;
}

const NAMES = {
  'vllm:num_requests_running': 'running',
  'vllm:num_requests_waiting': 'waiting',
  'vllm:prompt_tokens_total': 'promptTokens',
  'vllm:generation_tokens_total': 'generationTokens',
  'vllm:kv_cache_usage_perc': 'kvCacheUsage',
  // Its name before 2025-11.
  'vllm:gpu_cache_usage_perc': 'kvCacheUsage',
} as const;

/** Undefined when the text holds none of it: another engine, or not metrics at all. */
export function parseMetrics(text: string): EngineMetrics | undefined {
  const sums = new Map<string, number>();
  let engines = 0;
  for (const line of text.split('\n')) {
    if (!line.startsWith('vllm:')) continue;
    const match = /^([^{ ]+)(?:\{[^}]*\})? (\S+)/.exec(line);
    const field = match && NAMES[match[1] as keyof typeof NAMES];
    const value = Number(match?.[2]);
    if (!field || !Number.isFinite(value)) continue;
    if (field === 'kvCacheUsage') engines += 1;
    sums.set(field, (sums.get(field) ?? 0) + value);
  }
  if (!sums.has('running') && !sums.has('generationTokens')) return undefined;
  return {
    running: sums.get('running') ?? 0,
    waiting: sums.get('waiting') ?? 0,
    promptTokens: sums.get('promptTokens') ?? 0,
    generationTokens: sums.get('generationTokens') ?? 0,
    ...(engines === 0 ? {} : { kvCacheUsage: sums.get('kvCacheUsage')! / engines }),
  };
}
