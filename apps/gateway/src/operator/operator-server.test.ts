import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { silentLog } from '@fairlead/kit';
import { expect, it, onTestFinished } from 'vitest';

import { usageRecord } from '../testing/usage-record.ts';
import { askStatus } from './ask-operator.ts';
import { createGatewayMetrics } from './gateway-metrics.ts';
import type { GatewayStatus } from './gateway-status.ts';
import { openOperatorServer, openWatchPort, type OperatorOrders, operatorSocket } from './operator-server.ts';

const status: GatewayStatus = {
  startedMs: 1,
  address: 'http://127.0.0.1:1',
  connections: 7,
  waiting: 3,
  models: [{ id: 'm', state: 'ready', instances: 1 }],
  instances: [{ id: 'i', deployment: 'd', requests: 2, capacity: 256, breaker: 'open', reason: 'it hung up' }],
};

const noOrders = { handOver: () => Promise.resolve(), restart: () => Promise.resolve(), noteSettled: () => undefined };

async function openOperator(now = status, orders: OperatorOrders = noOrders) {
  const stateDir = mkdtempSync(join(tmpdir(), 'fl-operator-'));
  const metrics = createGatewayMetrics();
  const server = await openOperatorServer({ stateDir, status: () => now, orders, now: () => 0, log: silentLog });
  const port = await openWatchPort({ port: 0, status: () => now, metrics, log: silentLog });
  onTestFinished(async () => {
    await server[Symbol.asyncDispose]();
    await port[Symbol.asyncDispose]();
    rmSync(stateDir, { recursive: true });
  });
  const get = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${port.port}${path}`);
    return { status: answer.status, text: await answer.text() };
  };
  return { stateDir, metrics, get };
}

it('The state of a gateway is told on its socket, which the account alone can open, and on no port', async () => {
  const { stateDir, get } = await openOperator();
  expect(await askStatus(stateDir)).toEqual(status);
  expect(statSync(operatorSocket(stateDir)).mode & 0o777).toBe(0o600);
  expect((await get('/status')).status).toBe(404);
  await expect(askStatus('/nowhere')).rejects.toThrow(/none answers/);
});

it('Metrics count what is over and read what is', async () => {
  const { metrics, get } = await openOperator();
  metrics.observe(usageRecord({ queuedMs: 30, firstByteMs: 60, totalMs: 900 }));
  const { text } = await get('/metrics');
  for (const line of [
    'fairlead_gateway_requests_total{model="m",outcome="completed"} 1',
    'fairlead_gateway_tokens_total{model="m",kind="completion"} 5',
    'fairlead_gateway_queued_seconds_bucket{le="0.05",model="m"} 1',
    'fairlead_gateway_time_to_first_byte_seconds_bucket{le="0.05",model="m"} 0',
    'fairlead_gateway_connections 7',
    'fairlead_gateway_requests_waiting 3',
    'fairlead_gateway_requests_running{instance="i"} 2',
    'fairlead_gateway_instance_capacity{instance="i"} 256',
    'fairlead_gateway_breaker_open{instance="i"} 1',
  ])
    expect(text).toContain(`${line}\n`);
  expect(text).not.toContain('bob');
});

it('A gateway is alive whatever it serves, and ready while a model can be asked', async () => {
  const { get } = await openOperator({ ...status, models: [{ id: 'm', state: 'queued', instances: 0 }] });
  expect([(await get('/livez')).status, (await get('/readyz')).status]).toEqual([200, 503]);
  expect((await (await openOperator()).get('/readyz')).status).toBe(200);
});
