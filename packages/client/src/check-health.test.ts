import { untilAborted } from '@fairlead/kit';
import type { DeploymentView } from '@fairlead/protocol';
import { ManualClock } from '@fairlead/kit/testing';
import { expect, test } from 'vitest';

import { checkHealth, type HealthDeps } from './check-health.ts';

const serving = {
  name: 'a',
  instances: [
    {
      id: 'aaaaaaaa',
      role: 'current',
      replica: 0,
      state: { status: 'ready' },
      nodes: [],
      endpoints: [{ generation: 1, address: { kind: 'bastion-socket', socket: '/s' } }],
    },
  ],
} as unknown as DeploymentView;

const silent = (signal: AbortSignal | null | undefined) =>
  untilAborted(new Promise<never>(() => undefined), signal ?? undefined);

/** Both answer, but for what is given. */
function deps(given: Partial<HealthDeps>): HealthDeps {
  return {
    name: 'a',
    api: { getDeployment: async () => serving },
    fetch: async () => new Response(),
    clock: new ManualClock(),
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
  const clock = new ManualClock();
  const asked = checkHealth(deps({ api, clock }), undefined);
  await clock.advance(10);
  const health = await asked;
  expect(health).toMatchObject({ ok: false, latencyMs: 0, reason: 'its control did not answer within 0.01 s' });
});

test('checkHealth does not wait for an engine that hangs', async () => {
  const clock = new ManualClock();
  const asked = checkHealth(deps({ fetch: (_url, init) => silent(init?.signal), clock }), undefined);
  await clock.advance(10);
  const health = await asked;
  expect(health).toMatchObject({ ok: false, status: 'ready', reason: 'its engine did not answer within 0.01 s' });
});

test('checkHealth ends with its signal', async () => {
  const stop = AbortSignal.abort(new Error('enough'));
  await expect(checkHealth(deps({}), stop)).rejects.toThrow('enough');
});
