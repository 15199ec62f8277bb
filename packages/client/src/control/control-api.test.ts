import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';

import { Secret } from '@fairlead/kit';
import { afterEach, expect, test } from 'vitest';

import { type ControlApi, createControlApi } from './control-api.ts';

let server: Server | undefined;
let api: ControlApi | undefined;
afterEach(() => {
  api?.[Symbol.dispose]();
  server?.closeAllConnections();
  server?.close();
});

async function openApi(listener: RequestListener, onData = () => {}): Promise<ControlApi> {
  server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const openSocket = async () => connect({ port, host: '127.0.0.1' }).once('data', onData);
  return (api = createControlApi({ openSocket, ownerToken: new Secret('t') }));
}

test("a call that is aborted in the middle of its answer throws the signal's reason", async () => {
  const stop = new AbortController();
  const control = await openApi(
    (_request, response) => response.write('{"deployments":'),
    () => setImmediate(() => stop.abort(new Error('enough'))),
  );
  await expect(control.listDeployments({}, stop.signal)).rejects.toThrow('enough');
});

test("a log that is aborted while it is followed throws the signal's reason", async () => {
  const stop = new AbortController();
  const control = await openApi((_request, response) => response.write('{"lines":["one"]}\n'));
  const following = (async () => {
    const query = { source: 'engine', lines: 1, follow: true } as const;
    for await (const lines of control.logs('i', query, stop.signal)) {
      expect(lines).toEqual(['one']);
      stop.abort(new Error('enough'));
    }
  })();
  await expect(following).rejects.toThrow('enough');
});

test('a log whose connection ends says that control was lost', async () => {
  const control = await openApi((_request, response) => {
    response.write('{"lines":["one"]}\n', () => response.destroy());
  });
  const query = { source: 'engine', lines: 1, follow: true } as const;
  const following = Array.fromAsync(control.logs('i', query));
  await expect(following).rejects.toMatchObject({ code: 'control_unreachable', retryable: true });
});

test('an older control that has no such route is not taken for one that has no such deployment', async () => {
  const id = {
    id: 'abcdefgh',
    deployment: 'qwen',
    role: 'current',
    replica: 0,
    restart: 0,
    state: { status: 'ready' },
  };
  const rest = { nodes: [], servedModels: [], endpoints: [], jobDir: '/j', createdMs: 1, updatedMs: 1 };
  const facts = { model: 'm', servedModel: 'm', engine: 'sim', cluster: 'c', wanted: 'running', createdMs: 1 };
  const control = await openApi((request, response) => {
    if (request.method === 'GET')
      return response.end(
        JSON.stringify({ deployments: [{ name: 'qwen', ...facts, instances: [{ ...id, ...rest }] }] }),
      );
    const error = { code: 'not_found', message: 'no route /v1/publications/qwen' };
    return response.writeHead(404).end(JSON.stringify({ error }));
  });
  const gateway = { socket: '/g.sock', uid: 1, token: new Secret('flp_0123456789') };
  await expect(control.publish('qwen', gateway)).rejects.toThrow('no route /v1/publications/qwen');
});
