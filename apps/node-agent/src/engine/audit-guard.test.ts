import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSecret, silentLog } from '@fairlead/kit';
import { ManualClock } from '@fairlead/kit/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { auditGuard, auditOnce } from './audit-guard.ts';
import { createEngineClient } from './engine-client.ts';

const { signal } = new AbortController();
let close = () => {};
afterEach(() => close());

/** An engine on a port that checks its key, or does not. */
async function serve(host: string, checksKey: boolean) {
  const engineKey = createSecret('k-');
  const server = createServer((request, response) => {
    const isKnown = request.headers.authorization === `Bearer ${engineKey.reveal()}`;
    response.writeHead(isKnown || !checksKey ? 200 : 401).end('{}');
  }).listen(0, host);
  close = () => server.close();
  await once(server, 'listening');
  const address = { host: '127.0.0.1', port: (server.address() as AddressInfo).port } as const;
  return { address, client: createEngineClient({ address: () => address, engineKey }) };
}

describe('auditGuard', () => {
  it('is silent about an engine that checks its key on the loopback, and about a socket', async () => {
    const engine = await serve('127.0.0.1', true);
    expect((await engine.client.get('/v1/models', signal)).status).toBe(200);
    expect(await auditGuard({ ...engine, guard: 'key' }, signal)).toEqual([]);
    expect(await auditGuard({ ...engine, address: { path: '/d/e.sock' }, guard: 'socket' }, signal)).toEqual([]);
  });

  it('tells of an engine that was given a key and does not check it', async () => {
    const engine = await serve('127.0.0.1', false);
    expect(await auditGuard({ ...engine, guard: 'key' }, signal)).toEqual([
      expect.stringMatching(/^every process of this node can use the engine: it answers without a key/),
    ]);
  });

  it.skipIf(process.platform !== 'linux')('tells of an engine that other hosts reach', async () => {
    const engine = await serve('0.0.0.0', true);
    expect(await auditGuard({ ...engine, guard: 'key' }, signal)).toEqual([
      expect.stringMatching(/^every host that reaches this node can try keys.*127\.0\.0\.1 alone/),
    ]);
  });
});

it('auditOnce asks at the first call, and outlives an engine that does not answer', async () => {
  const said: string[] = [];
  const asked = Promise.withResolvers<void>();
  let count = 0;
  const audit = auditOnce(
    {
      async auditGuard() {
        count += 1;
        asked.resolve();
        throw new Error('no answer');
      },
    },
    { clock: new ManualClock(), log: silentLog },
    (message) => void said.push(message),
  );
  audit();
  audit();
  await asked.promise;
  expect([count, said]).toEqual([1, []]);
});
