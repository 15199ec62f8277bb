// The gateway's data path: what clients send to it, and what engines answer through it.

import { once } from 'node:events';
import { request as requestHttp } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mkdtemp, rm } from 'node:fs/promises';

import { type Handler, openRelayWorld, type RelayWorld } from '@fairlead/gateway/testing';
import { Scope } from '@fairlead/kit';

import type { FuzzTarget } from './fuzz-target.ts';

const limits = { idleMs: 100, headMs: 100, bodyIdleMs: 100, lingerMs: 50, firstByteMs: 100, quietMs: 100 };
/** In place of the key of the world, which is another one in each run. */
const keyWord = 'KEY_OF_THE_MEMBER';
const messages = '"messages":[{"role":"user","content":"count"}]';

function post(path: string, body: string, more: readonly string[] = []): Buffer {
  const fields = [
    `authorization: Bearer ${keyWord}`,
    'connection: close',
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  return Buffer.from(`POST ${path} HTTP/1.1\r\nhost: g\r\n${[...fields, ...more].join('\r\n')}\r\n\r\n${body}`);
}

const chatPath = '/v1/chat/completions';
const chunked = `{"model":"m",${messages}}`;
const requestSamples = [
  post(chatPath, `{"model":"m",${messages}}`),
  post(chatPath, `{${messages},"max_tokens":5,"stream":true,"model":"d"}`),
  post(chatPath, `{"model":"m",${messages},"model":"other"}`),
  post(chatPath, `{"mo\\u0064el":"\\u006d",${messages},"stream_options":{"include_usage":false},"stream":true}`),
  post(chatPath, 'not json'),
  post('/v1/messages', `{"model":"d",${messages},"max_tokens":5}`, ['anthropic-version: 2023-06-01']),
  post('/v1/embeddings', '{"model":"m","input":"count"}', ['expect: 100-continue']),
  post('//v1/v1/chat/completions/', '{}'),
  Buffer.from(`GET /v1/models HTTP/1.1\r\nx-api-key: ${keyWord}\r\nconnection: close\r\n\r\n`),
  Buffer.from(
    `POST ${chatPath} HTTP/1.1\r\nhost: g\r\nconnection: close\r\nauthorization: Bearer ${keyWord}\r\ntransfer-encoding: chunked\r\n\r\n${chunked.length.toString(16)}\r\n${chunked}\r\n0\r\n\r\n`,
  ),
];

const usage = '{"prompt_tokens":5,"completion_tokens":3,"total_tokens":8}';

export const gatewayRequestTarget: FuzzTarget = {
  name: 'gateway request',
  samples: requestSamples,
  async open() {
    const wrong: string[] = [];
    const engine: Handler = (_request, response, body) => {
      const model = modelOf(body);
      if (model !== undefined && model !== 'm') wrong.push(body.slice(0, 500));
      response.setHeader('content-type', 'application/json');
      response.end(`{"usage":${usage}}`);
    };
    const world = await openRelayWorld({ instances: [engine], relay: limits });
    return {
      async feed(input) {
        const socket = await world.dial();
        const bytes = Buffer.from(input.toString('latin1').replaceAll(keyWord, world.key), 'latin1');
        // One client that closes its side, and one that waits for its answer.
        if (input.length % 2 === 0) socket.end(bytes);
        else socket.write(bytes);
        await closed(socket);
      },
      async prove() {
        if (wrong.length > 0) throw new Error(`the engine was asked for another model: ${wrong[0]}`);
        await proveRelay(world);
      },
      [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
    };
  },
};

function answer(type: string, body: string, status = '200 OK'): Buffer {
  const head = `HTTP/1.1 ${status}\r\ncontent-type: ${type}\r\ncontent-length: ${Buffer.byteLength(body)}`;
  return Buffer.from(`${head}\r\n\r\n${body}`);
}
function stream(...events: string[]): Buffer {
  const chunks = events.map((event) => `${Buffer.byteLength(event).toString(16)}\r\n${event}\r\n`);
  return Buffer.from(
    `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n${chunks.join('')}0\r\n\r\n`,
  );
}
const delta = (content: string) => `data: {"choices":[{"index":0,"delta":{"content":"${content}"}}]}\n\n`;
const whole = [delta('eins '), delta('zwölf 😀'), `data: {"choices":[],"usage":${usage}}\n\n`, 'data: [DONE]\n\n'];
const inTwo = (event: string, at: number) => [event.slice(0, at), event.slice(at)];

const answerSamples = [
  answer('application/json', `{"choices":[{"message":{"content":"eins"}}],"usage":${usage}}`),
  answer('application/json', '{"error":{"message":"no"}}', '400 Bad Request'),
  answer('application/json', '{"error":{"message":"full"}}', '503 Service Unavailable'),
  stream(...whole),
  stream(...inTwo(whole[0]!, 20), ...whole.slice(1)),
  stream(whole[0]!, 'data: {"error":{"message":"the engine has died","code":500}}\n\n', 'data: [DONE]\n\n'),
  stream(`event: content_block_delta\n${whole[0]}`, 'event: message_stop\ndata: {"type":"message_stop"}\n\n'),
  Buffer.from('HTTP/1.1 200 OK\r\n\r\nuntil the end'),
  Buffer.from('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n'),
];

export const gatewayAnswerTarget: FuzzTarget = {
  name: 'gateway answer',
  samples: answerSamples,
  async open() {
    const scope = new Scope();
    const dir = await mkdtemp(join(tmpdir(), 'fl-fuzz-'));
    scope.defer(() => rm(dir, { recursive: true, force: true }));
    let bytes: Buffer = answerSamples[0]!;
    const path = join(dir, 'engine.sock');
    const engine = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(bytes)).resume();
    });
    engine.listen(path);
    await once(engine, 'listening');
    scope.defer(() => void engine.close());
    const reach = async (signal: AbortSignal) => {
      const socket = connect({ path, signal, allowHalfOpen: true });
      await once(socket, 'connect');
      return socket;
    };
    const world = scope.use(await openRelayWorld({ instances: [() => undefined], relay: limits, reach }));
    let count = 0;
    return {
      async feed(input) {
        bytes = input;
        await askStrictly(world);
        const record = (await world.settled((count += 1))).at(-1)!;
        const { promptTokens, completionTokens, cachedTokens } = record;
        for (const tokens of [promptTokens, completionTokens, cachedTokens])
          if (!Number.isSafeInteger(tokens) || tokens < 0) throw new Error(`settled as ${JSON.stringify(record)}`);
      },
      async prove() {
        bytes = stream(...whole);
        await proveRelay(world);
      },
      [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
    };
  },
};

/** As a client's parser sees it: broken off is an answer, what is no HTTP is not. */
async function askStrictly(world: RelayWorld): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const asked = requestHttp(world.url + chatPath, {
    method: 'POST',
    agent: false,
    headers: { authorization: `Bearer ${world.key}`, 'content-type': 'application/json' },
  });
  asked.on('error', (error: NodeJS.ErrnoException) => (error.code?.startsWith('HPE_') ? reject(error) : resolve()));
  asked.on('response', (response) => {
    response.on('error', () => undefined);
    response.on('close', resolve).resume();
  });
  asked.end(`{"model":"m","stream":true,${messages}}`);
  await promise;
}

async function proveRelay(world: RelayWorld): Promise<void> {
  const answered = await world.post(chatPath, { model: 'm', messages: [] });
  const said = await answered.text();
  if (answered.status !== 200) throw new Error(`the gateway answers ${answered.status}: ${said}`);
  if (world.waiting > 0) throw new Error(`${world.waiting} requests wait for nothing`);
}

/** As an engine reads it; undefined where it would refuse the body. */
function modelOf(body: string): unknown {
  try {
    return (JSON.parse(body) as { model?: unknown } | null)?.model;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Reads to the end; a reset counts as an answer. */
async function closed(socket: Socket): Promise<void> {
  socket.on('error', () => undefined).resume();
  if (!socket.closed) await once(socket, 'close').catch(() => undefined);
}
