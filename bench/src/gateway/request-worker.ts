// Sends requests over connections that are kept, each as soon as the answer to the one before is there, and times them.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

import { takeOrders } from '../harness/worker.ts';
import { quantile } from '../harness/statistics.ts';
import { eventsOfStream, pacedEvents } from './events-of-stream.ts';

export interface Target {
  /** Of the port that answers. */
  port?: number;
  /** Or of the socket, to which each request goes on a connection of its own. */
  socket?: string;
  key: string;
  /** Further lines of the head. */
  fields?: readonly string[];
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
  /** Opens so many streams, each of which has had its first event when this resolves. They stay. */
  hold(given: { target: Target; streams: number }): Promise<void>;
  /** Events a second of so many streams at a time, each at its origin's pace. */
  paced(given: { target: Target; connections: number; seconds: number }): Promise<number>;
  /** Asks one after the other until a request has no answer for a while: it stays, and `answered` tells when it had one. */
  untilStuck(given: { target: Target }): Promise<void>;
  /** When that was, in ms of the clock that all processes of this machine share. */
  answered(): Promise<number>;
  /** The same of the end of a stream that began here and is cut. */
  beginCut(given: { target: Target }): Promise<void>;
  cut(): Promise<number>;
}

const content = 'x'.repeat(1_200);
const heldAtOnce = 100;
/** Many times what an answer takes. */
const stuckMs = 300;

let stuck: Promise<number> | undefined;
let ended: Promise<number> | undefined;

takeOrders({
  async requests({ target, connections, seconds }) {
    const bytes = requestBytes(target, { model: 'm', messages: [{ role: 'user', content }] });
    const timesMs: number[] = [];
    const endAt = performance.now() + seconds * 1_000;
    const lanes = Array.from({ length: connections }, async () => {
      let socket: Socket | undefined;
      while (performance.now() < endAt) {
        const startedAt = performance.now();
        socket ??= await dial(target);
        const answer = await exchange(socket, bytes, hasWholeAnswer);
        timesMs.push(performance.now() - startedAt);
        if (target.socket === undefined && !/^connection: close/im.test(answer)) continue;
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
    const bytes = requestBytes(target, { model: 'm', stream: true, messages: [{ role: 'user', content }] });
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
  async hold({ target, streams }) {
    const held = { model: 'm', stream: true, user: 'held', messages: [{ role: 'user', content }] };
    const bytes = requestBytes(target, held);
    for (let begun = 0; begun < streams; begun += heldAtOnce) {
      const few = Array.from({ length: Math.min(heldAtOnce, streams - begun) }, async () =>
        exchange(await dial(target), bytes, (tail) => tail.includes('data: ')),
      );
      await Promise.all(few);
    }
  },
  async paced({ target, connections, seconds }) {
    const bytes = requestBytes(target, { model: 'm', stream: true, user: 'paced', messages: [] });
    const endAt = performance.now() + seconds * 1_000;
    let streams = 0;
    const startedAt = performance.now();
    const lanes = Array.from({ length: connections }, async () => {
      while (performance.now() < endAt) {
        const socket = await dial(target);
        await exchange(socket, bytes, (tail) => tail.endsWith('0\r\n\r\n'));
        socket.destroy();
        streams += 1;
      }
    });
    await Promise.all(lanes);
    return (streams * pacedEvents * 1_000) / (performance.now() - startedAt);
  },
  async untilStuck({ target }) {
    const bytes = requestBytes(target, { model: 'm', messages: [] });
    for (;;) {
      const socket = await dial(target);
      const answer = exchange(socket, bytes, hasWholeAnswer).then(sharedMs);
      const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), stuckMs));
      if ((await Promise.race([answer, late])) !== undefined) {
        socket.destroy();
        continue;
      }
      stuck = answer;
      return;
    }
  },
  answered: () => stuck ?? Promise.reject(new Error('no request waits for an answer')),
  async beginCut({ target }) {
    const held = { model: 'm', stream: true, user: 'held', messages: [] };
    const socket = await dial(target);
    await exchange(socket, requestBytes(target, held), (tail) => tail.includes('data: '));
    socket.resume();
    ended = once(socket, 'close').then(sharedMs);
  },
  cut: () => ended ?? Promise.reject(new Error('no stream was begun')),
} satisfies RequestOrders);

function sharedMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

async function dial({ port, socket: path }: Target): Promise<Socket> {
  const socket = path === undefined ? connect({ port: port ?? 0, host: '127.0.0.1', noDelay: true }) : connect(path);
  await once(socket, 'connect');
  return socket;
}

function requestBytes({ key, fields = [] }: Target, request: object): Buffer {
  const body = JSON.stringify(request);
  const more = fields.map((field) => `${field}\r\n`).join('');
  return Buffer.from(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n${more}\r\n${body}`,
  );
}

function exchange(socket: Socket, bytes: Buffer, isWhole: (text: string) => boolean): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let text = '';
  const onData = (piece: Buffer) => {
    // Of a stream the end alone is looked at.
    text = (text + piece.toString('latin1')).slice(-4_096);
    if (!isWhole(text)) return;
    socket.off('data', onData).off('close', onClose).off('error', onError);
    resolve(text);
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
  if (!text.startsWith('HTTP/1.1 200')) throw new Error(`answered ${text.slice(0, 300)}`);
  const length = /content-length: (\d+)/i.exec(text)?.[1];
  return length === undefined ? text.endsWith('0\r\n\r\n') : text.length >= headEnd + 4 + Number(length);
}
