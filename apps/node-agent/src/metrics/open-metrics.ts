// The agent's metrics, joined: what counts them, and the socket that serves the page.

import { join } from 'node:path';
import type { InstanceSpec } from '@fairlead/protocol';
import type { AgentDeps } from '../agent-deps.ts';
import type { Engine } from '../engine/open-engine.ts';
import type { FrontStats } from '../front/front-stats.ts';
import type { InstanceFacts } from '../instance-facts.ts';
import type { MeasuredNode } from '../nodes/leader/open-nodes.ts';
import { measureNode } from '../nodes/measure-node.ts';
import type { NodeReading } from './metric-table.ts';
import { type AgentMetrics, createAgentMetrics } from './agent-metrics.ts';
import { createScrape } from './scrape.ts';
import { serveMetrics } from './serve-metrics.ts';

export interface OpenMetricsOptions {
  spec: InstanceSpec;
  deps: AgentDeps;
  /** The agent's own on this node. */
  directory: { path: string };
  engine: Pick<Engine, 'kind' | 'client'>;
  facts: InstanceFacts;
  stats: () => FrontStats;
  /** Of the other nodes of the job. */
  readOthers: () => Promise<MeasuredNode[]>;
}

export interface OpenMetrics extends AsyncDisposable {
  readonly metrics: AgentMetrics;
  /** Where the front sends requests for the page. */
  readonly address: { path: string };
}

/** Resolves when the page can be asked for. The caller disposes it. */
export async function openMetrics(options: OpenMetricsOptions): Promise<OpenMetrics> {
  const { spec, deps, engine, facts, stats, readOthers } = options;
  const labels = {
    deployment: spec.deployment,
    instance: spec.instanceId,
    node: deps.hostname,
    model: spec.servedModel,
  };
  const metrics = createAgentMetrics(labels);
  const page = engine.kind.metrics?.path;
  const scrape = createScrape({
    labels,
    metrics,
    facts: () => ({ ...facts, deadlineMs: facts.deadlineMs, stats: stats(), now: deps.clock.now() }),
    readEngine: page === undefined ? undefined : (signal) => engine.client.get(page, signal),
    readNodes: () => readNodes({ spec, deps, readOthers }),
    clock: deps.clock,
    log: deps.log,
  });
  const path = join(options.directory.path, 'm.sock');
  const server = await serveMetrics(path, { scrape, log: deps.log });
  return { metrics, address: { path }, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

async function readNodes({
  spec,
  deps,
  readOthers,
}: Pick<OpenMetricsOptions, 'spec' | 'deps' | 'readOthers'>): Promise<NodeReading[]> {
  const [figures, others] = await Promise.all([measureNode(deps), readOthers()]);
  if (spec.engine.nodes === 1) return [{ labels: { node: deps.hostname }, figures }];
  const own: MeasuredNode = { rank: 0, host: deps.hostname, figures };
  return [own, ...others].map((node) => ({
    labels: { node: node.host, rank: String(node.rank) },
    figures: node.figures,
  }));
}
