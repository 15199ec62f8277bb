// One connection to the control socket of an ssh master: frames with a length before each (OpenSSH's PROTOCOL.mux).

import { connect, type Socket } from 'node:net';

import { untilAborted } from '@fairlead/kit';

import { u32 } from './wire.ts';

/** OpenSSH's own limit (channels.h, CHANNEL_MUX_MAX_PACKET). */
const maxFrameBytes = 256 * 1024;

export class FrameSocket {
  readonly socket: Socket;
  /** Called with each frame, without its length; each protocol step sets its own. */
  onFrame: (frame: Buffer) => void = () => undefined;
  #rest: Buffer = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.socket = socket;
    // The `close` event that follows tells the waiting callers.
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
  }

  /** Sends the parts as one frame. */
  write(...parts: Buffer[]): void {
    const { socket } = this;
    if (socket.destroyed) return;
    socket.cork();
    socket.write(u32(parts.reduce((sum, part) => sum + part.length, 0)));
    for (const part of parts) socket.write(part);
    socket.uncork();
  }

  #take(chunk: Buffer): void {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (bytes.length >= 4 && !this.socket.destroyed) {
      const sizeBytes = bytes.readUInt32BE(0);
      if (sizeBytes > maxFrameBytes) return void this.socket.destroy(new Error('a frame is too large'));
      if (bytes.length < 4 + sizeBytes) break;
      this.onFrame(bytes.subarray(4, 4 + sizeBytes));
      bytes = bytes.subarray(4 + sizeBytes);
    }
    this.#rest = bytes;
  }
}

export async function openFrameSocket(path: string, signal?: AbortSignal): Promise<FrameSocket> {
  const socket = connect(path);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once('connect', resolve);
  socket.once('error', reject);
  try {
    await untilAborted(promise, signal);
    return new FrameSocket(socket);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}
