// A stream through nginx with its defaults but for its patience, which is a minute: HTTP/1.0 to what is behind it, and answers held back.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type EngineSim, openEngineSim } from '@fairlead/engine-sim';
import { Scope, Secret } from '@fairlead/kit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { testEngineKey, key, openFrontWorld } from '../testing/front-world.ts';

/** Debian's folder of daemons is in no ordinary user's PATH. */
const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` };
const nodeCommand = 'nginx';
const hasNginx = await promisify(execFile)(nodeCommand, ['-v'], { env }).then(
  () => true,
  () => false,
);

const readTimeoutMs = 1_000;
let scope: Scope;
beforeEach(() => {
  scope = new Scope();
});
afterEach(() => scope[Symbol.asyncDispose]());

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** Resolves with its URL when it takes connections. */
async function openNginx(upstream: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'nginx-'));
  scope.defer(() => rm(directory, { recursive: true, force: true }));
  const port = await freePort();
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`);
  // As root its workers would be another user, whom the sockets of the test are closed to.
  const user = process.getuid?.() === 0 ? 'user root root;' : '';
  const config = `
    ${user} daemon off; pid nginx.pid; error_log stderr; worker_processes 1;
    events {}
    http {
      access_log off; ${temporary.join(' ')}
      server {
        listen 127.0.0.1:${port};
        location / { proxy_pass http://unix:${upstream}:; proxy_read_timeout ${readTimeoutMs}ms; }
      }
    }`;
  await writeFile(join(directory, 'nginx.conf'), config);
  const nginx = spawn(nodeCommand, ['-p', directory, '-c', 'nginx.conf', '-e', 'stderr'], {
    env,
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  let said = '';
  nginx.stderr.on('data', (piece: Buffer) => (said += piece.toString()));
  scope.defer(() => end(nginx));
  while (!(await takesConnections(port))) {
    if (nginx.exitCode !== null) throw new Error(`nginx has ended: ${said}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return `http://127.0.0.1:${port}`;
}

async function end(nginx: ChildProcess): Promise<void> {
  if (nginx.exitCode !== null || !nginx.kill('SIGTERM')) return;
  await once(nginx, 'exit');
}

function takesConnections(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = createConnection({ port, host: '127.0.0.1' });
  socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  return promise.finally(() => socket.destroy());
}

/** nginx before the front before the simulator. */
async function openAll(quietMs: number): Promise<{ url: string; sim: EngineSim }> {
  const directory = await mkdtemp(join(tmpdir(), 'sim-'));
  scope.defer(() => rm(directory, { recursive: true, force: true }));
  const uds = join(directory, 'e.sock');
  const sim = scope.use(await openEngineSim({ listen: { uds }, apiKeys: [new Secret(testEngineKey)] }));
  const world = scope.use(await openFrontWorld({ engineSocket: () => uds, limits: { quietMs } }));
  return { url: await openNginx(world.frontPath), sim };
}

function ask(url: string, sim: Record<string, number>): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'sim',
      stream: true,
      max_tokens: 8,
      messages: [{ role: 'user', content: 'x' }],
      sim,
    }),
  });
}

/** When each piece with a token arrived. */
async function tokenTimes(answer: Response): Promise<{ times: number[]; text: string }> {
  const times: number[] = [];
  let text = '';
  for await (const piece of answer.body!.pipeThrough(new TextDecoderStream())) {
    text += piece;
    if (/"content":"[^"]/.test(piece)) times.push(performance.now());
  }
  return { times, text };
}

describe.skipIf(!hasNginx)('a stream through nginx (which this machine has)', () => {
  test('whose first token takes longer than nginx waits arrives whole', async () => {
    const { url } = await openAll(readTimeoutMs / 5);
    const answer = await ask(url, { prefill_ms: 3 * readTimeoutMs, tokens: 8 });
    expect(answer.status).toBe(200);
    const { times, text } = await tokenTimes(answer);
    expect(times.length).toBeGreaterThan(0);
    expect(text).toMatch(/data: \[DONE\]\n\n$/);
  });

  test('arrives token by token, at the pace of the engine', async () => {
    const { url } = await openAll(60_000);
    const { times, text } = await tokenTimes(await ask(url, { decode_ms: 100, tokens: 8 }));
    expect(text).toMatch(/data: \[DONE\]\n\n$/);
    // Held back until its buffer is full, it would arrive in one piece at the end.
    expect(times.length).toBeGreaterThan(5);
    expect(times.at(-1)! - times[0]!).toBeGreaterThan(400);
  });
});
