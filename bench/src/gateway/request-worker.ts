// Sends requests over connections that are kept, each as soon as the answer to the one before is there, and times them.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

import { takeOrders } from '../harness/worker.ts';
import { quantile } from '../harness/statistics.ts';
import { eventsOfStream } from './events-of-stream.ts';

export interface Target {
  /** Of the port that answers. */
  port?: number;
  /** Or of the socket, to which each request goes on a connection of its own. */
  socket?: string;
  key: string;
}

export interface RequestFigures {
  requestsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
}

export interface RequestOrders {
  requests(given: { target: Target; connections: number; seconds: number }): Promise<RequestFigures>;
  /** Events a second. */
  events(given: { target: Target; connections: number; seconds: number }): Promise<number>;
}

const content = 'x'.repeat(1_200);

takeOrders({
  async requests({ target, connections, seconds }) {
    const bytes = requestBytes(target.key, { model: 'm', messages: [{ role: 'user', content }] });
    const timesMs: number[] = [];
    const endAt = performance.now() + seconds * 1_000;
    const lanes = Array.from({ length: connections }, async () => {
      let socket: Socket | undefined;
      while (performance.now() < endAt) {
        const startedAt = performance.now();
        socket ??= await dial(target);
        await exchange(socket, bytes, hasWholeAnswer);
        timesMs.push(performance.now() - startedAt);
        if (target.socket === undefined) continue;
        socket.destroy();
        socket = undefined;
      }
      socket?.destroy();
    });
    await Promise.all(lanes);
    return {
      requestsPerSecond: timesMs.length / seconds,
      p50Ms: quantile(timesMs, 0.5),
      p99Ms: quantile(timesMs, 0.99),
    };
  },
  async events({ target, connections, seconds }) {
    const bytes = requestBytes(target.key, { model: 'm', stream: true, messages: [{ role: 'user', content }] });
    const startedAt = performance.now();
    let streams = 0;
    const lanes = Array.from({ length: connections }, async () => {
      while (performance.now() < startedAt + seconds * 1_000) {
        const socket = await dial(target);
        await exchange(socket, bytes, (tail) => tail.endsWith('0\r\n\r\n'));
        socket.destroy();
        streams += 1;
      }
    });
    await Promise.all(lanes);
    return (streams * eventsOfStream * 1_000) / (performance.now() - startedAt);
  },
} satisfies RequestOrders);

async function dial({ port, socket: path }: Target): Promise<Socket> {
  const socket = path === undefined ? connect({ port: port ?? 0, host: '127.0.0.1', noDelay: true }) : connect(path);
  await once(socket, 'connect');
  return socket;
}

function requestBytes(key: string, request: object): Buffer {
  const body = JSON.stringify(request);
  return Buffer.from(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
}

function exchange(socket: Socket, bytes: Buffer, isWhole: (text: string) => boolean): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let text = '';
  const onData = (piece: Buffer) => {
    // Of a stream the end alone is looked at.
    text = (text + piece.toString('latin1')).slice(-4_096);
    if (!isWhole(text)) return;
    socket.off('data', onData).off('close', onClose).off('error', onError);
    resolve();
  };
  const onClose = () => reject(new Error(`the connection was closed after ${JSON.stringify(text.slice(-300))}`));
  // What is wrong is told by its close.
  const onError = () => undefined;
  socket.on('data', onData).once('close', onClose).on('error', onError);
  socket.write(bytes);
  return promise;
}

function hasWholeAnswer(text: string): boolean {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd === -1) return false;
  const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? Number.NaN);
  if (!text.startsWith('HTTP/1.1 200')) throw new Error(`answered ${text.slice(0, 300)}`);
  return text.length >= headEnd + 4 + length;
}
