// One scrape: the agent's own metrics, and behind them those of the engine with the instance's labels. An engine that is slow, says
// too much or says no metrics costs its own part only.

import { relabelMetrics } from '@fairlead/engines/metrics';
import { type Clock, errorText, type Log, openTimeLimit, untilAborted } from '@fairlead/kit';
import type { AgentMetrics } from './agent-metrics.ts';
import { metricPrefix, type NodeReading, type ScrapeFacts } from './metric-table.ts';

export interface ScrapeOptions {
  labels: Readonly<Record<string, string>>;
  metrics: Pick<AgentMetrics, 'render'>;
  facts: () => Omit<ScrapeFacts, 'nodes' | 'engine'>;
  /** The engine's own page. Undefined where it has none. */
  readEngine: ((signal: AbortSignal) => Promise<{ status: number; body: string }>) | undefined;
  /** Resolves within some seconds. */
  readNodes: () => Promise<NodeReading[]>;
  clock: Clock;
  log: Log;
}

/** Prometheus itself gives up on a scrape after 10 s. */
const engineTimeoutMs = 3_000;
/** vLLM has about 600. */
const maxEngineSamples = 20_000;
/** Scrapers that come within this time share one look at engine and nodes. */
const freshMs = 250;

/** Returns the function that renders the page. It never rejects because of the engine. */
export function createScrape(options: ScrapeOptions): () => Promise<string> {
  const { clock } = options;
  let last: { page: Promise<string>; atMs: number } | undefined;
  return async () => {
    const now = clock.monotonicMs();
    if (!last || now - last.atMs > freshMs) last = { page: scrape(options), atMs: now };
    return await last.page;
  };
}

async function scrape(options: ScrapeOptions): Promise<string> {
  const [engine, nodes] = await Promise.all([scrapeEngine(options), options.readNodes()]);
  const own = await options.metrics.render({ ...options.facts(), nodes, engine: engine?.facts });
  return `${own}${engine?.text ?? ''}`;
}

interface EngineScrape {
  facts: NonNullable<ScrapeFacts['engine']>;
  text: string;
}

async function scrapeEngine({ readEngine, labels, clock, log }: ScrapeOptions): Promise<EngineScrape | undefined> {
  if (!readEngine) return undefined;
  using limit = openTimeLimit(clock, engineTimeoutMs);
  const startedAt = clock.monotonicMs();
  const seconds = () => (clock.monotonicMs() - startedAt) / 1000;
  try {
    const { status, body } = await untilAborted(readEngine(limit.signal), limit.signal);
    const page = status === 200 ? body : '';
    const { text, dropped, samples } = relabelMetrics(page, {
      labels,
      reservedPrefix: metricPrefix,
      maxSamples: maxEngineSamples,
    });
    return { facts: { ok: samples > 0, seconds: seconds(), dropped }, text };
  } catch (error) {
    // Not up yet, hung, or too large: the page says so by `fairlead_engine_scrape_ok 0`.
    log.debug({ op: 'metrics.engine', ok: false, error: errorText(error) });
    return { facts: { ok: false, seconds: seconds(), dropped: 0 }, text: '' };
  }
}
