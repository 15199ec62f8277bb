// The agent's own metrics in Prometheus's text format: what it counts as it comes, and what each scrape reads.

import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { RequestRecord } from '../front/request-record.ts';
import {
  durationBuckets,
  firstByteBuckets,
  metricHelp,
  type MetricName,
  readMetrics,
  type ScrapeFacts,
} from './metric-table.ts';

export interface AgentMetrics {
  /** A request of a client is over. */
  observe: (record: RequestRecord) => void;
  /** A life event, as in audit.jsonl. */
  noted: (kind: string) => void;
  tunnelUp: (use: string) => void;
  tunnelDown: (use: string) => void;
  render: (facts: ScrapeFacts) => Promise<string>;
}

/** `labels` are on every sample. */
export function createAgentMetrics(labels: Readonly<Record<string, string>>): AgentMetrics {
  const registry = new Registry();
  registry.setDefaultLabels(labels);
  const registers = [registry];
  const counter = (name: MetricName, labelNames: string[]) =>
    new Counter({ name, help: metricHelp[name], labelNames, registers });
  const histogram = (name: MetricName, buckets: readonly number[]) =>
    new Histogram({ name, help: metricHelp[name], labelNames: ['route'], buckets: [...buckets], registers });
  const requests = counter('fairlead_requests_total', ['route', 'outcome', 'status']);
  const events = counter('fairlead_events_total', ['kind']);
  const reconnects = counter('fairlead_tunnel_reconnects_total', ['use']);
  const firstByte = histogram('fairlead_time_to_first_byte_seconds', firstByteBuckets);
  const duration = histogram('fairlead_request_duration_seconds', durationBuckets);
  const help = metricHelp.fairlead_tunnel_up;
  const tunnel = new Gauge({ name: 'fairlead_tunnel_up', help, labelNames: ['use'], registers });
  const readings = readMetrics.map((metric) => addReading(registry, metric));
  const known = new Set<string>();
  return {
    observe({ route, outcome, status, firstByteMs, durationMs }) {
      const path = route?.path ?? 'none';
      requests.inc({ route: path, outcome, status: statusClass(status) });
      if (!route) return;
      if (firstByteMs !== undefined) firstByte.observe({ route: path }, firstByteMs / 1000);
      duration.observe({ route: path }, durationMs / 1000);
    },
    noted: (kind) => events.inc({ kind }),
    tunnelUp(use) {
      tunnel.set({ use }, 1);
      reconnects.inc({ use }, known.has(use) ? 1 : 0);
      known.add(use);
    },
    tunnelDown: (use) => tunnel.set({ use }, 0),
    async render(facts) {
      for (const read of readings) read(facts);
      return await registry.metrics();
    },
  };
}

/** Returns what sets the metric's samples to those of the facts. */
function addReading(registry: Registry, { name, labels: labelNames, read }: (typeof readMetrics)[number]) {
  const config = {
    name,
    help: metricHelp[name],
    labelNames: [...(labelNames ?? [])],
    registers: [registry],
  };
  const metric = name.endsWith('_total') ? new Counter(config) : new Gauge(config);
  return (facts: ScrapeFacts) => {
    metric.reset();
    // Without labels it starts at 0, which would claim what is not known.
    if (labelNames === undefined) metric.remove({});
    for (const { labels = {}, value } of read(facts)) metric.inc(labels, value);
  };
}

/** `2xx`; empty where the engine gave no answer. */
function statusClass(status: number | undefined): string {
  return status === undefined ? '' : `${Math.floor(status / 100)}xx`;
}
