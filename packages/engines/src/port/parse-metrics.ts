// Reads an engine's load from a Prometheus text. Sums over engines (data parallel). Pure.

export interface EngineMetrics {
  running: number;
  waiting: number;
  promptTokens: number;
  generationTokens: number;
  kvCacheUsage?: number;
}

/** The meaning of an engine's metrics by their names. Other names are ignored. */
export type MetricNames = Readonly<Record<string, keyof EngineMetrics>>;

/** Undefined if the text has neither running requests nor generated tokens: another engine, or no metrics. */
export function parseMetrics(text: string, names: MetricNames): EngineMetrics | undefined {
  const sums = new Map<string, number>();
  let engines = 0;
  for (const line of text.split('\n')) {
    const match = /^([^#{ ][^{ ]*)(?:\{[^}]*\})? (\S+)/.exec(line);
    const name = match?.[1];
    if (name === undefined || !Object.hasOwn(names, name)) continue;
    const field = names[name]!;
    const value = Number(match?.[2]);
    if (!Number.isFinite(value)) continue;
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
