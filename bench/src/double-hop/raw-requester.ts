// HTTP over plain sockets: does as little work as possible between the socket and the clock.

import { once } from 'node:events';
import { connect, type NetConnectOpts, type Socket } from 'node:net';

import type { Requester, TimedRequest } from './requester.ts';

export interface RawAddress {
  address: NetConnectOpts;
  key: string;
}

const lastChunk = Buffer.from('0\r\n\r\n');

export function createRawRequester({ address, key }: RawAddress): Requester {
  const idle = new Set<Socket>();
  const head = (length: number, keep: boolean) =>
    `POST /v1/chat/completions HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\nconnection: ${keep ? 'keep-alive' : 'close'}\r\n\r\n`;

  function open(): Socket {
    const socket = connect(address);
    socket.setNoDelay(true);
    // The `close` event that follows reports the failure.
    socket.on('error', () => socket.destroy());
    socket.once('close', () => idle.delete(socket));
    return socket;
  }

  function takeIdle(): Socket | undefined {
    for (const socket of idle) {
      idle.delete(socket);
      if (!socket.destroyed && !socket.readableEnded) return socket;
    }
    return undefined;
  }

  async function send(asked: TimedRequest): Promise<void> {
    const socket = (asked.keep ? takeIdle() : undefined) ?? open();
    const bytes = Buffer.concat([Buffer.from(head(asked.body.length, asked.keep)), asked.body]);
    const { isKept } = await converse(socket, bytes, asked);
    if (isKept) idle.add(socket);
    else socket.destroy();
  }

  return {
    send,
    async [Symbol.asyncDispose]() {
      for (const socket of idle) socket.destroy();
    },
  };
}

async function converse(socket: Socket, bytes: Buffer, asked: TimedRequest): Promise<{ isKept: boolean }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ isKept: boolean }>();
  let head = '';
  let tail: Buffer = Buffer.alloc(0);
  const onData = (piece: Buffer) => {
    if (head === '') {
      head = piece.toString('latin1', 0, 1024).toLowerCase();
      if (!head.startsWith(`http/1.1 ${asked.expect}`)) return reject(new Error(`answered ${head.slice(0, 200)}`));
    }
    asked.onData(piece);
    // The answer ends with its last chunk, as for any HTTP client; a connection that is not kept is closed after it.
    tail = Buffer.concat([tail, piece]).subarray(-lastChunk.length);
    if (lastChunk.equals(tail)) resolve({ isKept: asked.keep && !head.includes('connection: close') });
  };
  const onClose = () => {
    if (head === '' && !asked.signal?.aborted) reject(new Error('the connection was closed before any answer'));
    resolve({ isKept: false });
  };
  const onAbort = () => socket.destroy();
  socket.on('data', onData).once('close', onClose);
  asked.signal?.addEventListener('abort', onAbort, { once: true });
  socket.write(bytes);
  try {
    return await promise;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    asked.signal?.removeEventListener('abort', onAbort);
    socket.off('data', onData).off('close', onClose);
    if (asked.signal?.aborted && !socket.closed) await once(socket, 'close');
  }
}
