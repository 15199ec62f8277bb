// What listens: the agent's front, and control's HTTP API and both of its WebSockets. They refuse, stay small, and serve on.

import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import { type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';

import { openTestControl, type TestControl } from '@fairlead/control/testing';
import { frontKey, openFrontWorld } from '@fairlead/node-agent/testing';
import { fuzzHead } from '@fairlead/openai-wire/testing';
import type { FuzzTarget } from './fuzz-target.ts';

const golden = fileURLToPath(new URL('../../packages/protocol/golden/v2', import.meta.url));
const goldenTexts = (folder: string) =>
  globSync(`${folder}/*.json`, { cwd: golden }).map((file) => readFileSync(`${golden}/${file}`));

export const frontTarget: FuzzTarget = {
  name: 'front',
  samples: Array.from({ length: 200 }, (_, at) => fuzzHead(at + 1, frontKey)),
  async open() {
    const world = await openFrontWorld({
      handler: (incoming, response) => incoming.resume().on('end', () => response.end('served')),
      limits: { headMs: 100, bodyIdleMs: 100, lingerMs: 50 },
    });
    return {
      async feed(input) {
        const socket = world.dial();
        // One client that closes its side, and one that waits for its answer.
        if (input.length % 2 === 0) socket.end(input);
        else socket.write(input);
        await closed(socket);
      },
      async prove() {
        const answer = await world.fetch('GET', '/v1/models');
        if (answer.status !== 200) throw new Error(`the front answers ${answer.status}`);
        if (world.parseErrors.length > 0) throw new Error(`the engine was given nonsense: ${world.parseErrors.join()}`);
      },
      [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
    };
  },
};

/** Of a WebSocket that can be written to (RFC 6455 7.1, WebSocket.OPEN). */
const open = 1;
const token = 'TOKEN_OF_THE_OWNER';

export const controlHttpTarget: FuzzTarget = {
  name: 'control http',
  samples: [
    ...['/v1/hello', '/v1/deployments?all=true', '/v1/events?limit=5', '/v1/endpoints/a', '/v1/watch', '/v1/agent'].map(
      (path) => request('GET', path),
    ),
    request('POST', '/v1/deployments', readFileSync(`${golden}/api/create-deployment.json`)),
    request('POST', '/v1/instances/abcdefgh/observed', readFileSync(`${golden}/api/job-observed.json`)),
    request('DELETE', '/v1/deployments/a'),
  ],
  async open() {
    const testControl = await openTestControl();
    return {
      async feed(input) {
        const socket = dialControl(testControl);
        socket.end(Buffer.from(input.toString('latin1').replaceAll(token, testControl.token), 'latin1'));
        await closed(socket);
      },
      prove: () => proveControl(testControl),
      [Symbol.asyncDispose]: () => testControl[Symbol.asyncDispose](),
    };
  },
};

/** Frames of an agent that has proved itself. Refused, or told that its end is known, it comes again as another. */
export const agentLinkTarget: FuzzTarget = {
  name: 'agent link',
  samples: goldenTexts('agent'),
  async open() {
    const testControl = await openTestControl();
    let count = 0;
    async function admit() {
      const name = `a${(count += 1)}`;
      const agent = await testControl.agent({ ...(await testControl.deploy(name)), name }, { heartbeatMs: 0 });
      await agent.next('control.welcome', true);
      agent.socket?.on('error', () => undefined);
      return agent;
    }
    let agent = await admit();
    return {
      async feed(input) {
        if (agent.socket?.readyState !== open) {
          await agent[Symbol.asyncDispose]();
          agent = await admit();
        }
        const { socket } = agent;
        if (!socket) throw new Error('control let go of an agent that had said nothing');
        socket.send(input, { binary: input.length % 7 === 0 });
        // The answer to a ping comes after what was before it has been read; a refusal closes.
        socket.ping();
        const answered = new AbortController();
        const { signal } = answered;
        await Promise.race([once(socket, 'pong', { signal }), once(socket, 'close', { signal })]);
        answered.abort();
      },
      prove: () => proveControl(testControl),
      [Symbol.asyncDispose]: () => testControl[Symbol.asyncDispose](),
    };
  },
};

function request(method: string, path: string, body?: Buffer): Buffer {
  const head = [`${method} ${path} HTTP/1.1`, 'Host: control', `Authorization: Bearer ${token}`, 'Connection: close'];
  if (path === '/v1/watch' || path === '/v1/agent')
    head.push('Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==');
  if (body) head.push('Content-Type: application/json', `Content-Length: ${body.length}`);
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body ?? Buffer.alloc(0)]);
}

function dialControl(testControl: TestControl): TLSSocket {
  return connectTls({ path: testControl.control.socketPath, ca: testControl.certificate, servername: 'control' });
}

/** Reads to the end; a reset counts as an answer. */
async function closed(socket: Socket): Promise<void> {
  socket.on('error', () => undefined);
  socket.resume();
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const event of ['end', 'close']) socket.once(event, resolve);
  if (!socket.closed && !socket.readableEnded) await promise;
  socket.destroy();
}

async function proveControl(testControl: TestControl): Promise<void> {
  const { status } = await testControl.owner.call('GET', '/v1/hello');
  if (status !== 200) throw new Error(`control answers ${status}`);
  const watch = await testControl.owner.watch();
  watch.socket.terminate();
}
