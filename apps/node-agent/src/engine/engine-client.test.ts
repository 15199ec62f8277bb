import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '@fairlead/kit';
import { expect, it, onTestFinished } from 'vitest';
import { createEngineClient } from './engine-client.ts';

/** A client of an engine that answers each request so. */
async function clientOf(answer: (response: ServerResponse) => void) {
  const folder = await mkdtemp(join(tmpdir(), 'engine-client-'));
  const path = join(folder, 's');
  const server = createServer((_, response) => answer(response));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  });
  return createEngineClient({ address: () => ({ path }), engineKey: new Secret('key') });
}

it('An answer that does not end, such as a huge page of metrics, is given up at 8 MiB', async () => {
  const part = Buffer.alloc(1024 * 1024, 'x');
  const client = await clientOf((response) => {
    const send = () => {
      while (response.write(part));
      response.once('drain', send);
    };
    send();
  });
  await expect(client.get('/metrics', new AbortController().signal)).rejects.toMatchObject({
    code: 'engine_unreachable',
    message: 'cannot ask the engine for /metrics because the answer is too large',
  });
});

it('An answer that comes too slowly ends with the signal of the caller', async () => {
  const limit = new AbortController();
  const client = await clientOf((response) => {
    response.write('vllm:num_requests_running 1');
    setImmediate(() => limit.abort(new Error('no answer in time')));
  });
  await expect(client.get('/metrics', limit.signal)).rejects.toThrow('no answer in time');
});

it('An answer that is cut off is no answer', async () => {
  const client = await clientOf((response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('vllm:');
    setImmediate(() => response.destroy());
  });
  await expect(client.get('/metrics', new AbortController().signal)).rejects.toMatchObject({
    code: 'engine_unreachable',
  });
});
