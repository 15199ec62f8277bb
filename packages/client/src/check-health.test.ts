import { untilAborted } from '@fairlead/kit';
import type { DeploymentView } from '@fairlead/protocol';
import { expect, test } from 'vitest';

import { checkHealth, type HealthDeps } from './check-health.ts';

const serving = {
  name: 'a',
  instance: { state: { status: 'ready' }, endpoint: { generation: 1, socket: '/s' } },
} as unknown as DeploymentView;

const silent = (signal: AbortSignal | null | undefined) =>
  untilAborted(new Promise<never>(() => undefined), signal ?? undefined);

/** Both answer, but for what is given. */
function deps(given: Partial<HealthDeps>): HealthDeps {
  return {
    name: 'a',
    api: { getDeployment: async () => serving },
    fetch: async () => new Response(),
    nowMs: () => 0,
    limitMs: 10,
    ...given,
  };
}

test('checkHealth is ok where control and engine say so', async () => {
  expect(await checkHealth(deps({}), undefined)).toEqual({
    ok: true,
    status: 'ready',
    latencyMs: 0,
    reason: undefined,
  });
});

test('checkHealth does not wait for a control that hangs', async () => {
  const api: HealthDeps['api'] = { getDeployment: (_name, signal) => silent(signal) };
  const health = await checkHealth(deps({ api }), undefined);
  expect(health).toMatchObject({ ok: false, latencyMs: 0, reason: 'its control did not answer within 0.01 s' });
});

test('checkHealth does not wait for an engine that hangs', async () => {
  const health = await checkHealth(deps({ fetch: (_url, init) => silent(init?.signal) }), undefined);
  expect(health).toMatchObject({ ok: false, status: 'ready', reason: 'its engine did not answer within 0.01 s' });
});

test('checkHealth ends with its signal', async () => {
  const stop = AbortSignal.abort(new Error('enough'));
  await expect(checkHealth(deps({}), stop)).rejects.toThrow('enough');
});
