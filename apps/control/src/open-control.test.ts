// Control as a whole, over real sockets, TLS and SQLite: the main path.

import { once } from 'node:events';
import { existsSync, renameSync } from 'node:fs';
import { createServer } from 'node:net';

import { afterEach, describe, expect, it } from 'vitest';

import type { OwnerTokens } from './state/owner-tokens.ts';
import { readOwner } from './state/ownership.ts';
import { openTestControl, type TestControl } from './testing/open-test-control.ts';

let testControl: TestControl;
afterEach(() => testControl[Symbol.asyncDispose]());

describe('control', () => {
  it('says hello to an owner', async () => {
    testControl = await openTestControl();
    const answer = await testControl.owner.call('GET', '/v1/hello');
    expect(answer).toMatchObject({ status: 200, body: { hostname: 'bastion', bootId: 'boot', leaseMs: 15_000 } });
  });

  it('takes a deployment from its creation to an endpoint and back', async () => {
    testControl = await openTestControl();
    const watch = await testControl.owner.watch();
    const made = await testControl.deploy('a');
    expect((await testControl.owner.call('GET', '/v1/endpoints/a')).body.error.code).toBe('not_ready');
    const agent = await testControl.agent({ ...made, name: 'a' }, { withData: true });
    await agent.next('control.welcome', true);
    agent.report({ status: 'ready' });
    await watch.find(
      (message) => message.type === 'deployment.changed' && message.deployment.instances[0]?.state.status === 'ready',
    );
    const endpoint = await testControl.owner.call('GET', '/v1/endpoints/a');
    expect(endpoint).toMatchObject({
      status: 200,
      body: {
        endpoints: [
          {
            generation: 1,
            apiKey: `key-of-${made.instanceId}`,
            address: { kind: 'bastion-socket', socket: `${testControl.runDir}/${made.instanceId}-1.sock` },
          },
        ],
      },
    });
    const drain = agent.next('instance.drain');
    expect(await testControl.owner.call('DELETE', '/v1/deployments/a?mode=drain')).toMatchObject({
      status: 200,
      body: { delivered: true, deployment: { wanted: 'stopped' } },
    });
    await drain;
    agent.report({ status: 'stopped', cause: { code: 'requested', message: 'drained' } }, {});
    await watch.find(
      (message) => message.type === 'deployment.changed' && message.deployment.instances[0]?.state.status === 'stopped',
    );
    const history = await testControl.owner.call('GET', '/v1/events?deployment=a');
    expect(history.body.events.map(({ kind }: { kind: string }) => kind)).toEqual([
      'deployment.created',
      'agent.enrolled',
      'instance.ready',
      'stop.requested',
      'instance.stopped',
    ]);
    expect((await testControl.owner.call('GET', '/v1/deployments')).body.deployments).toEqual([]);
    expect((await testControl.owner.call('GET', '/v1/deployments?all=true')).body.deployments).toHaveLength(1);
  });

  it('names itself the owner only once the socket of a killed one is gone', async () => {
    const left: boolean[] = [];
    const owners = (port: OwnerTokens) => {
      if (readOwner(testControl.stateDir)) left.push(existsSync(testControl.control.socketPath));
      return port;
    };
    testControl = await openTestControl();
    await testControl.stop();
    await leaveSocket(testControl.control.socketPath);
    await testControl.restart({ ports: { owners } });
    expect(left).toEqual([false]);
  });
});

/** Leaves a socket file without a listener, as a killed process does. */
async function leaveSocket(path: string): Promise<void> {
  const server = createServer().listen(`${path}.old`);
  await once(server, 'listening');
  renameSync(`${path}.old`, path);
  server.close();
}
