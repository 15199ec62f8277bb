import { createCipheriv, createHash } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { systemClock } from '@fairlead/kit';
import { ManualClock } from '@fairlead/kit/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { type FrontWorld, key, openFrontWorld, until } from '../testing/front-world.ts';

const chat = '/v1/chat/completions';
const big = 50 << 20;
let world: FrontWorld;
afterEach(() => world[Symbol.asyncDispose]());

/** Bytes that never repeat: a key stream. */
function patterned(size: number): Buffer {
  return createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(size));
}

function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('many streams', () => {
  test('200 at once, each with its own bytes', async () => {
    world = await openFrontWorld({
      handler: (incoming, response) => {
        const id = String(incoming.headers['x-id']);
        let count = 0;
        const next = (): void => {
          if ((count += 1) > 20) response.end(`data: ${id} [DONE]\n\n`);
          else response.write(`data: ${id} ${count}\n\n`, () => setImmediate(next));
        };
        next();
      },
    });
    const ask = (_: unknown, id: number) => world.fetch('POST', chat, { headers: { 'x-id': `${id}` }, body: '{}' });
    const answers = await Promise.all(Array.from({ length: 200 }, ask));
    for (const [id, answer] of answers.entries()) {
      const events = answer.body.trimEnd().split('\n\n');
      expect(events).toHaveLength(21);
      expect(new Set(events.map((event) => event.split(' ')[1]))).toEqual(new Set([`${id}`]));
    }
    await world.front.idle();
    expect(world.front.stats).toMatchObject({ admitted: 200, inFlight: 0, outcomes: { completed: 200 } });
  });
});

describe('a slow reader', () => {
  test('of 50 MB holds little of it in the front, and gets all of it in the end', async () => {
    const content = patterned(big);
    let taken = 0;
    world = await openFrontWorld({
      raw: (socket) => {
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${big}\r\n\r\n`);
        for (let at = 0; at < big; at += 1 << 16)
          socket.write(content.subarray(at, at + (1 << 16)), () => (taken += 1 << 16));
      },
    });
    const outgoing = world.request('GET', '/v1/models');
    outgoing.end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    response.pause();
    // When nothing has moved for 200 turns of the loop, every buffer on the way is full.
    let [last, still] = [-1, 0];
    await until(() => ((still = taken === last ? still + 1 : 0), (last = taken), still > 200));
    expect(taken).toBeGreaterThan(0);
    expect(taken).toBeLessThan(2 << 20);
    expect(hashOf(await buffer(response))).toBe(hashOf(content));
  });

  test('does not hold up the others', async () => {
    world = await openFrontWorld({
      handler: (incoming, response) => void response.end(incoming.headers['x-big'] ? Buffer.alloc(8 << 20) : 'small'),
    });
    const outgoing = world.request('GET', '/v1/models', { 'x-big': '1' });
    outgoing.on('error', () => undefined);
    outgoing.end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    response.pause();
    for (let round = 0; round < 20; round += 1) expect((await world.fetch('GET', '/v1/models')).body).toBe('small');
    expect(world.front.inFlight).toBeGreaterThanOrEqual(1);
    response.destroy();
    await world.front.idle();
  });
});

test('a front without connections waits for nothing; each connection is watched until it ends', async () => {
  let waiting = 0;
  const sleep = (ms: number, signal?: AbortSignal) => {
    waiting += 1;
    return systemClock.sleep(ms, signal).finally(() => (waiting -= 1));
  };
  world = await openFrontWorld({ limits: { lingerMs: 20 }, clock: { ...systemClock, sleep } });
  for (let round = 0; round < 2; round += 1) {
    expect(waiting).toBe(0);
    const socket = world.dial();
    await until(() => waiting === 1);
    socket.destroy();
    await until(() => waiting === 0);
  }
});

describe('a slow engine', () => {
  test('slows the upload down, and gets all of it in the end', async () => {
    const content = patterned(20 << 20);
    const clock = new ManualClock();
    const { promise: asked, resolve } = Promise.withResolvers<IncomingMessage>();
    world = await openFrontWorld({
      handler: (incoming, response) => {
        resolve(incoming.pause());
        incoming.once('end', () => response.end('ok'));
      },
      limits: { bodyIdleMs: 1_000 },
      clock,
    });
    const socket = world.dial();
    socket.write(`POST ${chat} HTTP/1.1\r\nHost: a\r\nx-api-key: ${key}\r\nContent-Length: ${content.length}\r\n\r\n`);
    let sent = 0;
    for (let at = 0; at < content.length; at += 1 << 16) {
      socket.write(content.subarray(at, at + (1 << 16)), () => (sent += 1 << 16));
    }
    const incoming = await asked;
    let [last, still] = [-1, 0];
    await until(() => ((still = sent === last ? still + 1 : 0), (last = sent), still > 200));
    // Longer than a client may be idle: it is the engine that waits here.
    await clock.advance(2_200);
    expect(sent).toBeLessThan(2 << 20);
    expect(hashOf(await buffer(incoming))).toBe(hashOf(content));
    expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1.1 200 OK/);
    socket.destroy();
  });
});

/** Behaves as an ssh2 channel does when its transport dies: nothing but 'close', writes never called back. */
class ChannelLike extends Duplex {
  readonly written: Buffer[] = [];
  dead = false;

  constructor() {
    super({ highWaterMark: 2 << 20, emitClose: false, allowHalfOpen: true });
  }

  override _read(): void {}

  override _write(piece: Buffer, _encoding: string, done: () => void): void {
    if (this.dead) return;
    this.written.push(piece);
    done();
  }

  override destroy(): this {
    this.end();
    return this;
  }
}

describe('a channel of the tunnel', () => {
  const modelsHead = `GET /v1/models HTTP/1.1\r\nHost: a\r\nx-api-key: ${key}\r\n\r\n`;

  test('that dies without an error lets the engine go', async () => {
    world = await openFrontWorld({ handler: (_, response) => void response.write(Buffer.alloc(4 << 20)) });
    const channel = new ChannelLike();
    const engine = world.engine.nextConnection();
    world.front.accept(channel);
    channel.push(modelsHead);
    const connection = await engine;
    channel.dead = true;
    expect(world.front.inFlight).toBe(1);
    channel.emit('close');
    await once(connection, 'close');
    await world.front.idle();
    expect(world.front.stats.outcomes.client_left).toBe(1);
  });

  test('that takes nothing is not filled up to its own mark', async () => {
    world = await openFrontWorld({ handler: (_, response) => void response.end(Buffer.alloc(8 << 20)) });
    const channel = new ChannelLike();
    channel.dead = true;
    world.front.accept(channel);
    channel.push(modelsHead);
    let [last, still] = [-1, 0];
    await until(() => {
      still = channel.writableLength === last ? still + 1 : 0;
      last = channel.writableLength;
      return last > 0 && still > 200;
    });
    expect(channel.writableLength).toBeGreaterThan(128 << 10);
    expect(channel.writableLength).toBeLessThan(400 << 10);
  });

  test('gets its response and its end, and is let go when its client has closed too', async () => {
    world = await openFrontWorld({ handler: (_, response) => void response.end('hello') });
    const channel = new ChannelLike();
    world.front.accept(channel);
    channel.push(modelsHead);
    await once(channel, 'finish');
    expect(Buffer.concat(channel.written).toString()).toMatch(/\r\n\r\nhello$|hello\r\n0\r\n\r\n$/);
    expect(world.front.inFlight).toBe(1);
    channel.push(null);
    await world.front.idle();
  });
});
