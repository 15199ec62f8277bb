import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type FrontWorld, key, openFrontWorld, readAll, until } from '../testing/front-world.ts';

let world: FrontWorld;
let directory: string;
let engine: ChildProcess | undefined;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dial-'));
});
afterEach(async () => {
  await world[Symbol.asyncDispose]();
  engine?.kill('SIGKILL');
  engine = undefined;
  await rm(directory, { recursive: true, force: true });
});

const engineScript = `
  require('node:http')
    .createServer((request, response) => request.resume().on('end', () => response.end('ok')))
    .listen({ path: process.argv[1], backlog: Number(process.argv[2]) }, () => process.send('listening'));
`;

/** An engine in a process of its own, so that it can stop accepting: a stopped process does. */
async function spawnEngine(path: string, backlog: number): Promise<ChildProcess> {
  engine = spawn(process.execPath, ['-e', engineScript, path, String(backlog)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await once(engine, 'message');
  return engine;
}

/** A socket at `path` on which no process listens: it refuses connections. */
async function leaveDeadSocket(path: string): Promise<void> {
  const server = await listen(`${path}.dead`);
  await rename(`${path}.dead`, path);
  server.close();
  await once(server, 'close');
}

async function listen(path: string): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'));
  }).listen(path);
  await once(server, 'listening');
  return server;
}

// Elsewhere a full queue makes connect(2) wait, or refuses: unix(7) is Linux's.
describe.skipIf(process.platform !== 'linux')('an engine whose accept queue is full for a moment (Linux)', () => {
  test('loses no request of a burst', async () => {
    const path = join(directory, 'e.sock');
    const busy = await spawnEngine(path, 128);
    world = await openFrontWorld({ engineSocket: () => path });
    busy.kill('SIGSTOP');
    const body = 'x'.repeat(1000);
    const answers = Promise.all(
      Array.from({ length: 300 }, () => world.fetch('POST', '/v1/chat/completions', { body })),
    );
    await until(() => world.front.inFlight === 300 && world.front.stats.dialRetries > 400);
    busy.kill('SIGCONT');
    expect(new Set((await answers).map(({ status }) => status))).toEqual(new Set([200]));
    await world.front.idle();
    expect(world.front.stats.outcomes).toMatchObject({ engine_failed: 0 });
    expect(world.lines.filter((line) => 'dialRetries' in line).length).toBeGreaterThan(100);
  });

  test('is given up after some seconds with 502, and at once when the client leaves', async () => {
    const path = join(directory, 'e.sock');
    const busy = await spawnEngine(path, 1);
    world = await openFrontWorld({ engineSocket: () => path, limits: { dialMs: 2_000 } });
    busy.kill('SIGSTOP');
    const sockets = Array.from({ length: 8 }, () => world.dial());
    for (const socket of sockets) socket.write(`GET /v1/models HTTP/1.1\r\nHost: a\r\nx-api-key: ${key}\r\n\r\n`);
    await until(() => world.front.stats.admitted === 8);
    sockets.pop()?.destroy();
    await until(() => world.front.stats.outcomes.client_left === 1);
    const refused = await Promise.any(sockets.map((socket) => readAll(socket)));
    expect(refused).toMatch(/^HTTP\/1.1 502 [^]*engine_unavailable/);
    for (const socket of sockets) socket.destroy();
    await world.front.idle();
  });
});

describe('an engine that refuses connections', () => {
  test('just after it became ready is tried again', async () => {
    const path = join(directory, 'e.sock');
    await leaveDeadSocket(path);
    world = await openFrontWorld({ engineSocket: () => path });
    const answer = world.fetch('POST', '/v1/chat/completions', { body: '{}' });
    await until(() => world.front.stats.dialRetries > 0);
    const server = await listen(`${path}.new`);
    await rename(`${path}.new`, path);
    expect(await answer).toMatchObject({ status: 200, body: 'ok' });
    await world.front.idle();
    expect(world.front.stats.outcomes.completed).toBe(1);
    server.close();
  });

  test('later is a 502 at once', async () => {
    const path = join(directory, 'e.sock');
    await leaveDeadSocket(path);
    world = await openFrontWorld({ engineSocket: () => path, limits: { freshMs: 0 } });
    expect((await world.fetch('GET', '/v1/models')).status).toBe(502);
    await world.front.idle();
    expect(world.front.stats.dialRetries).toBe(0);
  });
});
