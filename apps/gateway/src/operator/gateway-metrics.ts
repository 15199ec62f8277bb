// The gateway's metrics in Prometheus's text format: what it counts as requests end, and what each scrape reads.

import { Counter, Gauge, Histogram, Registry } from 'prom-client';

import type { UsageRecord } from '../usage/usage-record.ts';
import type { GatewayStatus } from './gateway-status.ts';

export interface GatewayMetrics {
  /** A request of a member is over. */
  observe(record: UsageRecord): void;
  render(status: GatewayStatus): Promise<string>;
}

/** Seconds, as vLLM's own first-token buckets. */
const buckets = [0.001, 0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];

export function createGatewayMetrics(): GatewayMetrics {
  const registry = new Registry();
  const meters = createMeters([registry]);
  return {
    observe({
      model,
      outcome,
      promptTokens,
      completionTokens,
      cachedTokens,
      firstByteMs,
      queuedMs,
      totalMs,
      instanceId,
    }) {
      meters.requests.inc({ model, outcome });
      meters.tokens.inc({ model, kind: 'prompt' }, promptTokens);
      meters.tokens.inc({ model, kind: 'completion' }, completionTokens);
      meters.tokens.inc({ model, kind: 'cached' }, cachedTokens);
      if (instanceId === undefined) return;
      meters.queued.observe({ model }, queuedMs / 1_000);
      if (firstByteMs !== undefined) meters.firstByte.observe({ model }, firstByteMs / 1_000);
      meters.duration.observe({ model }, totalMs / 1_000);
    },
    async render({ connections: openConnections, waiting: inQueue, instances }) {
      meters.connections.set(openConnections);
      meters.waiting.set(inQueue);
      for (const metric of [meters.atInstance, meters.capacity, meters.open]) metric.reset();
      for (const { id, requests: running, capacity: fits, breaker } of instances) {
        meters.atInstance.set({ instance: id }, running);
        meters.capacity.set({ instance: id }, fits);
        meters.open.set({ instance: id }, breaker === 'closed' ? 0 : 1);
      }
      return await registry.metrics();
    },
  };
}

function createMeters(registers: Registry[]) {
  const histogram = (name: string, help: string) =>
    new Histogram({ name, help, labelNames: ['model'], buckets, registers });
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name, help, labelNames, registers });
  const counter = (name: string, help: string, labelNames: string[]) =>
    new Counter({ name, help, labelNames, registers });
  const requests = counter('fairlead_gateway_requests_total', 'Requests with a good key that are over.', [
    'model',
    'outcome',
  ]);
  const tokens = counter('fairlead_gateway_tokens_total', 'Tokens that were settled.', ['model', 'kind']);
  const firstByte = histogram(
    'fairlead_gateway_time_to_first_byte_seconds',
    'From the request to the first byte of its answer.',
  );
  const queued = histogram(
    'fairlead_gateway_queued_seconds',
    'Until an instance had room, of requests that were sent to one.',
  );
  const duration = histogram('fairlead_gateway_request_duration_seconds', 'From the request to the end of its answer.');
  const connections = gauge('fairlead_gateway_connections', 'Open connections of clients.');
  const waiting = gauge('fairlead_gateway_requests_waiting', 'Requests that wait until an instance has room.');
  const atInstance = gauge('fairlead_gateway_requests_running', 'Requests of this gateway at an instance.', [
    'instance',
  ]);
  const capacity = gauge('fairlead_gateway_instance_capacity', 'Requests that an instance takes at once, as learnt.', [
    'instance',
  ]);
  const open = gauge(
    'fairlead_gateway_breaker_open',
    '1 while an instance gets no requests because its last ones failed.',
    ['instance'],
  );
  return { requests, tokens, firstByte, queued, duration, connections, waiting, atInstance, capacity, open };
}
