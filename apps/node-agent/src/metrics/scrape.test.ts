import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseSamples } from '@fairlead/engines/metrics';
import { silentLog } from '@fairlead/kit';
import { ManualClock } from '@fairlead/kit/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { emptyStats } from '../front/front-stats.ts';
import type { RequestRecord } from '../front/request-record.ts';
import { type FrontWorld, openFrontWorld } from '../testing/front-world.ts';
import { createAgentMetrics } from './agent-metrics.ts';
import { metricHelp } from './metric-table.ts';
import { createScrape, type ScrapeOptions } from './scrape.ts';
import { serveMetrics } from './serve-metrics.ts';

const labels = { deployment: 'demo', instance: 'abc', node: 'gpu1', model: 'tiny' };
const enginePage =
  '# TYPE vllm:num_requests_running gauge\nvllm:num_requests_running{engine="0"} 2\nnonsense here is\n';
const record: RequestRecord = {
  route: { method: 'POST', path: '/v1/chat/completions' },
  refusedAs: undefined,
  outcome: 'completed',
  status: 200,
  firstByteMs: 120,
  durationMs: 900,
  bytesToEngine: 10,
  bytesToClient: 20,
  dialRetries: 0,
  silent: false,
};

const figures = {
  gpus: [{ id: '0', utilization: 0.5, memoryUsedBytes: 10, memoryTotalBytes: 20 }],
  memory: { heldBytes: 50, limitBytes: 60 },
  agent: { residentBytes: 80_000_000, cpuSeconds: 1.5 },
};

function prepare(changes: Partial<ScrapeOptions> = {}) {
  const metrics = createAgentMetrics(labels);
  const clock = new ManualClock(1_000_000);
  const stats = { ...emptyStats(), inFlight: 3, accepted: 7, refusals: { unauthorized: 2 } };
  const scrape = createScrape({
    labels,
    metrics,
    facts: () => ({
      state: { status: 'ready' },
      deadlineMs: clock.now() + 90_000,
      metrics: { running: 2, waiting: 4, promptTokens: 5, generationTokens: 60, kvCacheUsage: 0.25 },
      stats,
      now: clock.now(),
    }),
    readEngine: async () => ({ status: 200, body: enginePage }),
    readNodes: async () => [{ labels: { node: 'gpu1' }, figures }],
    clock,
    log: silentLog,
    ...changes,
  });
  const read = async () => {
    const samples = parseSamples(await scrape());
    return (name: string, wanted: Record<string, string> = {}) =>
      samples.find(
        (sample) =>
          sample.name === name && Object.entries(wanted).every(([label, value]) => sample.labels[label] === value),
      );
  };
  return { metrics, clock, scrape, read };
}

describe('a scrape', () => {
  it('has the figures of every node, and names one that gave none', async () => {
    const labels = (rank: number) => ({ node: `gpu${rank + 1}`, rank: String(rank) });
    const { read } = prepare({
      readNodes: async () => [
        { labels: labels(0), figures },
        { labels: labels(1), figures: { ...figures, gpus: [{ id: '0', utilization: 0.25 }] } },
        { labels: labels(2), figures: undefined },
      ],
    });
    const value = await read();
    expect(value('fairlead_gpu_utilization_ratio', { node: 'gpu1', rank: '0', gpu: '0' })?.value).toBe(0.5);
    expect(value('fairlead_gpu_utilization_ratio', { node: 'gpu2', rank: '1', gpu: '0' })?.value).toBe(0.25);
    expect(value('fairlead_node_memory_held_bytes', { node: 'gpu2' })?.value).toBe(50);
    expect(value('fairlead_agent_resident_bytes', { node: 'gpu2' })?.value).toBe(80_000_000);
    expect(value('fairlead_node_up', { rank: '1' })?.value).toBe(1);
    expect(value('fairlead_node_up', { node: 'gpu3' })?.value).toBe(0);
    expect(value('fairlead_agent_resident_bytes', { node: 'gpu3' })).toBeUndefined();
  });

  it("has the agent's metrics and the engine's, all with the labels of the instance", async () => {
    const { metrics, scrape, read } = prepare();
    metrics.observe(record);
    metrics.observe({ ...record, route: undefined, outcome: 'refused', refusedAs: 'unauthorized', status: undefined });
    metrics.noted('engine.ready');
    for (const use of ['data', 'data', 'control']) metrics.tunnelUp(use);
    metrics.tunnelDown('control');
    const value = await read();
    expect(value('fairlead_requests_total', { outcome: 'completed', status: '2xx' })?.value).toBe(1);
    expect(value('fairlead_requests_total', { outcome: 'refused', route: 'none' })?.value).toBe(1);
    expect(value('fairlead_refusals_total', { reason: 'unauthorized' })?.value).toBe(2);
    expect(value('fairlead_time_to_first_byte_seconds_bucket', { le: '0.1' })?.value).toBe(0);
    expect(value('fairlead_time_to_first_byte_seconds_bucket', { le: '0.25' })?.value).toBe(1);
    expect(value('fairlead_instance_state', { state: 'ready' })?.value).toBe(1);
    expect(value('fairlead_instance_state', { state: 'failed' })?.value).toBe(0);
    expect(value('fairlead_start_phase')).toBeUndefined();
    expect(value('fairlead_deadline_seconds_left')?.value).toBe(90);
    expect(value('fairlead_engine_requests_waiting')?.value).toBe(4);
    expect(value('fairlead_tunnel_reconnects_total', { use: 'data' })?.value).toBe(1);
    expect(value('fairlead_tunnel_up', { use: 'control' })?.value).toBe(0);
    expect(value('fairlead_events_total', { kind: 'engine.ready' })?.value).toBe(1);
    expect(value('fairlead_gpu_memory_used_bytes', { gpu: '0' })?.value).toBe(10);
    expect(value('fairlead_engine_scrape_dropped_lines')?.value).toBe(1);
    expect(value('vllm:num_requests_running', { engine: '0' })?.value).toBe(2);
    for (const sample of parseSamples(await scrape())) expect(sample.labels, sample.name).toMatchObject(labels);
  });

  it('has no sample for what is not known', async () => {
    const { read } = prepare({
      readNodes: async () => [{ labels: { node: 'gpu1' }, figures: { ...figures, gpus: [] } }],
      readEngine: undefined,
    });
    const value = await read();
    expect(value('fairlead_engine_scrape_ok')).toBeUndefined();
    expect(value('fairlead_gpu_utilization_ratio')).toBeUndefined();
  });

  it('gives every metric of its table', async () => {
    const { metrics, scrape } = prepare();
    metrics.observe(record);
    metrics.noted('engine.ready');
    metrics.tunnelUp('data');
    const page = await scrape();
    const missing = Object.keys(metricHelp).filter((name) => !page.includes(`# TYPE ${name} `));
    expect(missing).toEqual([]);
  });

  it('does not wait for an engine that hangs', async () => {
    const never = () => new Promise<never>(() => undefined);
    const { clock, read } = prepare({ readEngine: never });
    const reading = read();
    await clock.advance(3_000);
    const value = await reading;
    expect(value('fairlead_engine_scrape_ok')?.value).toBe(0);
    expect(value('fairlead_requests_in_flight')?.value).toBe(3);
  });

  it.each([
    ['is an error page', async () => ({ status: 503, body: enginePage })],
    ['is no metrics', async () => ({ status: 200, body: '<html>\n'.repeat(1000) })],
    ['is too large', () => Promise.reject(new Error('the answer is too large'))],
  ])('leaves the engine out where its page %s', async (_, readEngine) => {
    const value = await prepare({ readEngine }).read();
    expect(value('fairlead_engine_scrape_ok')?.value).toBe(0);
    expect(value('vllm:num_requests_running')).toBeUndefined();
    expect(value('fairlead_connections_total')?.value).toBe(7);
  });

  it('is shared by scrapers that come at the same time', async () => {
    let reads = 0;
    const { scrape, clock } = prepare({
      readEngine: async () => {
        reads += 1;
        return { status: 200, body: enginePage };
      },
    });
    await Promise.all([scrape(), scrape(), scrape()]);
    expect(reads).toBe(1);
    await clock.advance(1_000);
    await scrape();
    expect(reads).toBe(2);
  });
});

describe('GET /metrics at the front', () => {
  let world: FrontWorld;
  let directory: string;
  afterEach(async () => {
    await world[Symbol.asyncDispose]();
    await rm(directory, { recursive: true });
  });

  it('is answered by the agent with the key alone, in every phase, and counts for nothing', async () => {
    directory = await mkdtemp(join(tmpdir(), 'metrics-'));
    const path = join(directory, 'm.sock');
    await using _ = await serveMetrics(path, { scrape: async () => 'fairlead_up 1\n', log: silentLog });
    const seen: RequestRecord[] = [];
    world = await openFrontWorld({ metricsAddress: { path }, onRecord: (one) => void seen.push(one) });
    const ask = () => world.fetch('GET', '/metrics');
    expect(await ask()).toMatchObject({ status: 200, body: 'fairlead_up 1\n' });
    expect((await world.fetch('GET', '/metrics', { headers: { authorization: 'Bearer wrong' } })).status).toBe(401);
    expect((await world.fetch('POST', '/metrics')).status).toBe(405);
    world.front.admit('starting');
    expect((await ask()).status).toBe(200);
    world.front.startDraining(5);
    expect((await ask()).status).toBe(200);
    await world.front.idle();
    expect(world.front.stats).toMatchObject({ admitted: 0, inFlight: 0, outcomes: { completed: 0, refused: 2 } });
    expect(seen.map(({ refusedAs }) => refusedAs)).toEqual(['unauthorized', 'method_refused']);
    expect(world.seen).toEqual([]);
  });
});
