// The agent's metrics, joined: what counts them, and the socket that serves the page.

import { join } from 'node:path';
import type { InstanceSpec } from '@fairlead/protocol';
import { readGpuLoad } from '@fairlead/scheduler';
import type { AgentDeps } from '../agent-deps.ts';
import type { Engine } from '../engine/open-engine.ts';
import type { FrontStats } from '../front/front-stats.ts';
import type { InstanceFacts } from '../instance-facts.ts';
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
}

export interface OpenMetrics extends AsyncDisposable {
  readonly metrics: AgentMetrics;
  /** Where the front sends requests for the page. */
  readonly address: { path: string };
}

/** Resolves when the page can be asked for. The caller disposes it. */
export async function openMetrics(options: OpenMetricsOptions): Promise<OpenMetrics> {
  const { spec, deps, engine, facts, stats } = options;
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
    facts: () => ({ ...facts, deadlineMs: facts.deadlineMs, stats: stats(), now: deps.clock.now(), usage: usageOf() }),
    readEngine: page === undefined ? undefined : (signal) => engine.client.get(page, signal),
    readGpus: (signal) => readGpuLoad(deps.env, deps.run, signal),
    clock: deps.clock,
    log: deps.log,
  });
  const path = join(options.directory.path, 'm.sock');
  const server = await serveMetrics(path, { scrape, log: deps.log });
  return { metrics, address: { path }, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

function usageOf() {
  const { user, system } = process.cpuUsage();
  return { residentBytes: process.memoryUsage.rss(), cpuSeconds: (user + system) / 1e6 };
}
