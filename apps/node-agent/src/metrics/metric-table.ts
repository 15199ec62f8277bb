// The agent's metrics as data: names, help, and where each value comes from. Pure.

import { isEnded, type NodeFigures, type StartPhase, startPhase } from '@fairlead/protocol';
import type { FrontStats } from '../front/front-stats.ts';
import type { InstanceFacts } from '../instance-facts.ts';

export const metricPrefix = 'fairlead_';

export const metricHelp = {
  fairlead_instance_state: '1 for the state that the instance is in, 0 for the others.',
  fairlead_start_phase: "1 for the phase of the engine's start, 0 for the others. Only while it starts.",
  fairlead_deadline_seconds_left: 'Seconds until the job ends. Absent where it has no limit.',
  fairlead_requests_in_flight: 'Requests that the engine has, or whose last bytes their client has not taken yet.',
  fairlead_requests_total:
    'Requests that are over, by route (none: refused before it had one), outcome and status of the engine.',
  fairlead_refusals_total: 'Requests that the front answered itself, by reason.',
  fairlead_connections_total: 'Connections that clients opened, also those that were held ready and not used.',
  fairlead_time_to_first_byte_seconds: "Time from a request's first byte to the first byte of its answer.",
  fairlead_request_duration_seconds: "Time from a request's first byte to the end of its connection.",
  fairlead_request_bytes_total: 'Bytes of request bodies that the engine got.',
  fairlead_response_bytes_total: 'Bytes that clients got of the engine.',
  fairlead_engine_dial_retries_total:
    'How often the engine was dialled again because it could not be reached for a moment.',
  fairlead_tunnel_up: '1 while the connection to the bastion is up, by its use.',
  fairlead_tunnel_reconnects_total: 'How often the connection to the bastion came up again after a loss, by its use.',
  fairlead_events_total: 'Life events of the instance, by kind, as in audit.jsonl.',
  fairlead_engine_requests_running: 'Requests that the engine works on, as it said last.',
  fairlead_engine_requests_waiting: 'Requests in the queue of the engine, as it said last.',
  fairlead_engine_generation_tokens_total: 'Tokens that the engine has generated since its start, as it said last.',
  fairlead_engine_prompt_tokens_total:
    'Tokens of prompts that the engine has processed since its start, as it said last.',
  fairlead_engine_kv_cache_usage_ratio: 'Used part of the KV cache, from 0 to 1, as the engine said last.',
  fairlead_engine_scrape_ok: "1 where the engine's own metrics follow, 0 where it did not give them in time.",
  fairlead_engine_scrape_seconds: "How long the agent waited for the engine's own metrics.",
  fairlead_engine_scrape_dropped_lines:
    "Lines of the engine's metrics that were left out: unreadable, or over the limit.",
  fairlead_gpu_utilization_ratio: 'Part of the last sample period in which the GPU was busy, from 0 to 1.',
  fairlead_gpu_memory_used_bytes: 'Used memory of the GPU.',
  fairlead_gpu_memory_total_bytes: 'Memory of the GPU.',
  fairlead_node_up: '1 where the node of the job gave its figures, 0 where it did not answer in time.',
  fairlead_node_memory_held_bytes:
    'Main memory that the job holds on the node, without page cache. Absent where the job has no limit there.',
  fairlead_node_memory_limit_bytes: 'Main memory that the job may hold on the node.',
  fairlead_agent_resident_bytes: 'Resident memory of the agent.',
  fairlead_agent_cpu_seconds_total: 'Processor time that the agent has used.',
} as const satisfies Record<`${typeof metricPrefix}${string}`, string>;

export type MetricName = keyof typeof metricHelp;

/** Seconds. A first token may take from milliseconds to minutes. */
export const firstByteBuckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];
export const durationBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800];

interface Reading {
  labels?: Record<string, string>;
  value: number;
}

/** What one scrape finds. */
export interface ScrapeFacts extends Pick<InstanceFacts, 'state' | 'deadlineMs' | 'metrics'> {
  stats: FrontStats;
  now: number;
  /** The nodes of the job, this one first. */
  nodes: readonly NodeReading[];
  /** Undefined where the engine has no metrics. */
  engine: { ok: boolean; seconds: number; dropped: number } | undefined;
}

export interface NodeReading {
  /** Name of the node; over several nodes with its rank. */
  labels: { node: string; rank?: string };
  /** Undefined where it gave none in time. */
  figures: NodeFigures | undefined;
}

const statuses = ['starting', 'ready', 'degraded', 'draining', 'stopped', 'failed'] as const;

interface ReadMetric {
  /** A name that ends in `_total` is a counter, any other a gauge. */
  name: MetricName;
  labels?: readonly string[];
  /** Nothing where the value is not known. */
  read: (facts: ScrapeFacts) => Reading[];
}

/** The metrics that each scrape reads. Requests, events and tunnels are counted as they come; see `createAgentMetrics`. */
export const readMetrics: readonly ReadMetric[] = [
  {
    name: 'fairlead_instance_state',
    labels: ['state'],
    read: ({ state }) => oneOf('state', statuses, state.status),
  },
  {
    name: 'fairlead_start_phase',
    labels: ['phase'],
    read: ({ state }) =>
      state.status === 'starting' ? oneOf<StartPhase>('phase', startPhase.options, state.phase) : [],
  },
  {
    name: 'fairlead_deadline_seconds_left',
    read: ({ state, deadlineMs, now }) =>
      known(deadlineMs === undefined || isEnded(state) ? undefined : Math.max(0, (deadlineMs - now) / 1000)),
  },
  { name: 'fairlead_requests_in_flight', read: ({ stats }) => known(stats.inFlight) },
  { name: 'fairlead_connections_total', read: ({ stats }) => known(stats.accepted) },
  {
    name: 'fairlead_refusals_total',
    labels: ['reason'],
    read: ({ stats }) => Object.entries(stats.refusals).map(([reason, value]) => ({ labels: { reason }, value })),
  },
  { name: 'fairlead_request_bytes_total', read: ({ stats }) => known(stats.bytesToEngine) },
  { name: 'fairlead_response_bytes_total', read: ({ stats }) => known(stats.bytesToClient) },
  { name: 'fairlead_engine_dial_retries_total', read: ({ stats }) => known(stats.dialRetries) },
  { name: 'fairlead_engine_requests_running', read: ({ metrics }) => known(metrics?.running) },
  { name: 'fairlead_engine_requests_waiting', read: ({ metrics }) => known(metrics?.waiting) },
  { name: 'fairlead_engine_generation_tokens_total', read: ({ metrics }) => known(metrics?.generationTokens) },
  { name: 'fairlead_engine_prompt_tokens_total', read: ({ metrics }) => known(metrics?.promptTokens) },
  { name: 'fairlead_engine_kv_cache_usage_ratio', read: ({ metrics }) => known(metrics?.kvCacheUsage) },
  { name: 'fairlead_engine_scrape_ok', read: ({ engine }) => known(engine && Number(engine.ok)) },
  { name: 'fairlead_engine_scrape_seconds', read: ({ engine }) => known(engine?.seconds) },
  { name: 'fairlead_engine_scrape_dropped_lines', read: ({ engine }) => known(engine?.dropped) },
  gpuGauge('fairlead_gpu_utilization_ratio', 'utilization'),
  gpuGauge('fairlead_gpu_memory_used_bytes', 'memoryUsedBytes'),
  gpuGauge('fairlead_gpu_memory_total_bytes', 'memoryTotalBytes'),
  nodeMetric('fairlead_node_up', ({ figures }) => Number(figures !== undefined)),
  nodeMetric('fairlead_node_memory_held_bytes', ({ figures }) => figures?.memory?.heldBytes),
  nodeMetric('fairlead_node_memory_limit_bytes', ({ figures }) => figures?.memory?.limitBytes),
  nodeMetric('fairlead_agent_resident_bytes', ({ figures }) => figures?.agent.residentBytes),
  nodeMetric('fairlead_agent_cpu_seconds_total', ({ figures }) => figures?.agent.cpuSeconds),
];

function gpuGauge(name: MetricName, field: 'utilization' | 'memoryUsedBytes' | 'memoryTotalBytes'): ReadMetric {
  return {
    name,
    labels: ['node', 'rank', 'gpu'],
    read: ({ nodes }: ScrapeFacts) =>
      nodes.flatMap(({ labels, figures }) =>
        (figures?.gpus ?? []).flatMap((gpu) => labelled(known(gpu[field]), { ...labels, gpu: gpu.id })),
      ),
  };
}

function nodeMetric(name: MetricName, valueOf: (node: NodeReading) => number | undefined): ReadMetric {
  return {
    name,
    labels: ['node', 'rank'],
    read: ({ nodes }) => nodes.flatMap((node) => labelled(known(valueOf(node)), node.labels)),
  };
}

function labelled(readings: readonly Reading[], labels: Record<string, string>): Reading[] {
  return readings.map((reading) => ({ ...reading, labels }));
}

function known(value: number | undefined): Reading[] {
  return value === undefined ? [] : [{ value }];
}

function oneOf<T extends string>(label: string, all: readonly T[], current: string): Reading[] {
  return all.map((one) => ({ labels: { [label]: one }, value: Number(one === current) }));
}
