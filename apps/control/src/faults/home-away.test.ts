// The home directory goes away for a moment: an expired Kerberos ticket, a stale NFS handle, an outage. Control stays, says so with a
// 503, keeps what it knows, changes nothing, and goes on when the home is back.

import { renameSync } from 'node:fs';

import { ManualClock } from '@fairlead/kit/testing';
import { afterEach, describe, expect, it } from 'vitest';

import { mintOwnerToken } from '../state/owner-tokens.ts';
import { storeError } from '../store/store-error.ts';
import { connectOwner } from '../testing/owner.ts';
import { openTestControl, type TestControl } from '../testing/open-test-control.ts';

const wanted = { model: 'm', servedModel: 's', engine: 'sim', cluster: 'c', jobDir: '/j' };

let testControl: TestControl | undefined;
afterEach(async () => {
  await testControl?.[Symbol.asyncDispose]();
  testControl = undefined;
});

describe('Control whose home is away', { timeout: 60_000 }, () => {
  it('keeps owners it knows and their watchers, answers 503 to others, and knows them when the home is back', async () => {
    const clock = new ManualClock();
    testControl = await openTestControl({ clock });
    const { owner, stateDir, certificate, control } = testControl;
    const watch = await owner.watch();
    let isWatching = true;
    watch.socket.on('close', () => (isWatching = false));
    const token = mintOwnerToken(stateDir, clock.now()).reveal();
    await using late = connectOwner({ socketPath: control.socketPath, certificate, token });
    renameSync(stateDir, `${stateDir}.away`);
    expect(await late.call('GET', '/v1/hello')).toMatchObject({
      status: 503,
      headers: { 'retry-after': '1' },
      body: { error: { code: 'state_unreadable', message: expect.stringContaining('owners cannot be looked into') } },
    });
    await expect(late.watch()).rejects.toThrow('503');
    // Longer than a token is believed without a look, and than two sweeps of the watchers.
    await clock.advance(9_000, 500);
    expect((await owner.call('GET', '/v1/hello')).status).toBe(200);
    expect(isWatching).toBe(true);
    renameSync(`${stateDir}.away`, stateDir);
    expect((await late.call('GET', '/v1/hello')).status).toBe(200);
  });

  it('keeps its memory and refuses changes while its database can be neither written nor read', async () => {
    let away = false;
    const failed = (doing: string) =>
      Promise.reject(
        storeError(Object.assign(new Error('disk I/O error'), { errcode: 10 }), doing, 'control.db') as Error,
      );
    testControl = await openTestControl({
      ports: {
        store: (store) => ({
          ...store,
          load: () => (away ? failed('read') : store.load()),
          commit: (writes) => (away ? failed('write to') : store.commit(writes)),
          listHistory: (query) => (away ? failed('read') : store.listHistory(query)),
        }),
      },
    });
    const { owner } = testControl;
    const made = { ...(await testControl.deploy('a')), name: 'a' };
    const agent = await testControl.agent(made, { withData: true });
    await agent.next('control.welcome', true);
    const watch = await owner.watch();
    agent.report({ status: 'ready' });
    await watch.find(
      (message) => message.type === 'deployment.changed' && message.deployment.instances[0]?.state.status === 'ready',
    );
    away = true;
    const first = await owner.call('POST', '/v1/deployments', { ...wanted, name: 'b' });
    expect(first.body.error.code).toBe('storage_failed');
    for (const [method, path, body] of [
      ['POST', '/v1/deployments', { ...wanted, name: 'c' }],
      ['DELETE', '/v1/deployments/a', undefined],
      ['GET', '/v1/events', undefined],
    ] as const)
      expect(await owner.call(method, path, body), path).toMatchObject({
        status: 503,
        body: { error: { code: 'state_unreadable', hint: expect.stringContaining('control tries again') } },
      });
    expect((await owner.call('GET', '/readyz')).status).toBe(503);
    expect((await owner.call('GET', '/v1/deployments/a')).body).toMatchObject({
      instances: [{ state: { status: 'ready' } }],
    });
    expect((await owner.call('GET', '/v1/endpoints/a')).status).toBe(200);
    away = false;
    expect((await owner.call('POST', '/v1/deployments', { ...wanted, name: 'c' })).status).toBe(201);
    expect((await owner.call('GET', '/readyz')).status).toBe(200);
    // What was refused is not there.
    const { deployments } = (await owner.call('GET', '/v1/deployments')).body;
    expect(deployments.map(({ name }: { name: string }) => name)).toEqual(['a', 'c']);
  });
});
