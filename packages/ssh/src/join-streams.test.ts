import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { joinStreams } from './join-streams.ts';

describe('joinStreams', () => {
  let servers: Server[];
  beforeEach(() => {
    servers = [];
  });
  afterEach(() => {
    for (const server of servers) server.close();
  });

  /** Two ends of one TCP connection. */
  const pair = async (): Promise<[Socket, Socket]> => {
    const server = createServer({ allowHalfOpen: true });
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const accepted = once(server, 'connection');
    const near = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const [far] = (await accepted) as [Socket];
    return [near, far];
  };
  /** left — a ~ b — right, joined between a and b. */
  const chain = async () => {
    const [left, a] = await pair();
    const [b, right] = await pair();
    return { left, a, b, right, joined: joinStreams(a, b) };
  };

  it('carries both directions and resolves when both have ended', async () => {
    const { left, right, joined } = await chain();
    left.end('question');
    expect(await text(right)).toBe('question');
    right.end('answer');
    expect(await text(left)).toBe('answer');
    await joined;
  });

  it('holds the sender back while the receiver does not read', async () => {
    const { left, right, joined } = await chain();
    right.pause();
    const chunk = Buffer.alloc(1 << 20);
    let sentBytes = 0;
    while (left.write(chunk) || left.writableLength < 1 << 20) {
      sentBytes += chunk.length;
      if (sentBytes > 1 << 28) throw new Error('nothing held the sender back');
      await new Promise((resolve) => setImmediate(resolve));
    }
    right.destroy();
    await joined;
    left.destroy();
  });

  it('destroys the other stream when one is cut', async () => {
    const { left, a, right, joined } = await chain();
    left.write('half a sen');
    await once(right, 'data');
    const ended = new Promise((resolve) => right.once('end', resolve).once('close', resolve));
    a.destroy();
    right.resume();
    right.on('error', () => undefined);
    await ended;
    await joined;
    right.destroy();
  });

  it('closes the producer when the consumer has closed', async () => {
    const { left, right, joined } = await chain();
    const timer = setInterval(() => right.write('token '), 1);
    right.on('error', () => undefined);
    await once(left, 'data');
    const closed = new Promise((resolve) => right.once('close', resolve));
    left.destroy();
    await closed;
    clearInterval(timer);
    await joined;
  });

  it('delivers all data before a clean end', async () => {
    const { left, right, joined } = await chain();
    const bytes = 'x'.repeat(5_000_000);
    right.end(bytes);
    expect((await text(left)).length).toBe(bytes.length);
    left.end();
    right.resume();
    await joined;
  });

  it('ends the other stream when one had closed before', async () => {
    const [left, a] = await pair();
    const [b, right] = await pair();
    a.destroy();
    await once(a, 'close');
    const closed = once(right, 'close');
    right.resume();
    right.on('error', () => undefined);
    await joinStreams(a, b);
    right.end();
    await closed;
    left.destroy();
  });
});
