// Clients that ask for a long answer and read nothing of it: what the way holds for them stays in its memory.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

import { chatBody, maxTokens } from './load.ts';
import type { RawAddress } from './raw-requester.ts';

/** Of one answer: 7 MB together, more than the windows of all SSH channels on the way. */
const choices = 4;

export interface StalledReaders extends AsyncDisposable {
  readonly readers: number;
}

/** Resolves when each has had the head of its answer. Disposal leaves. */
export async function openStalledReaders({ address, key }: RawAddress, readers: number): Promise<StalledReaders> {
  const sim = { prefill_ms: 0, decode_ms: 0, tokens: maxTokens };
  const body = Buffer.from(chatBody({ max_tokens: maxTokens, n: choices, sim }));
  const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n`;
  const open = async (): Promise<Socket> => {
    const socket = connect(address);
    socket.on('error', () => socket.destroy());
    await once(socket, 'connect');
    socket.write(Buffer.concat([Buffer.from(head), body]));
    await once(socket, 'data');
    socket.pause();
    return socket;
  };
  const sockets = await Promise.all(Array.from({ length: readers }, open));
  return {
    readers,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
    },
  };
}
