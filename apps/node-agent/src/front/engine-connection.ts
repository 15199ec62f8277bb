// The engine's side of one request: dialled, dialled again while that fails for a passing reason, then written to and read.

import { connect, type Socket } from 'node:net';
import { backoffMs, type Clock, detach, errnoOf, untilOver } from '@fairlead/kit';
import type { EngineAddress } from '../engine/engine-address.ts';

export interface EngineDialDeps {
  clock: Clock;
  random: () => number;
  /** How long a dial that fails for a passing reason is tried again. */
  dialMs: number;
  /** Bytes taken before the engine has accepted the connection. */
  heldBytes: number;
  /** Whether the engine became ready a moment ago: its socket may be there before it listens. */
  isFresh: () => boolean;
}

export interface EngineListener {
  onConnected: () => void;
  /** Takes more again, after a `write` that returned false. */
  onRoom: () => void;
  onPiece: (piece: Buffer) => void;
  onEnded: () => void;
  /** Also when it closed without having ended. May be called more than once. */
  onFailed: () => void;
  /** A dial failed for a passing reason and will be tried again. */
  onRetry: () => void;
}

const retry = { baseMs: 10, maxMs: 250, minMs: 5 };

/**
 * A full accept queue, which a unix socket reports at once where TCP would wait, and a table that is full for a moment (connect(2), unix(7)).
 */
const passing = new Set(['EAGAIN', 'EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EINTR']);

/** Dials at once. The listener is called until `destroy`; bytes that are written before the engine accepts are buffered. */
export class EngineConnection {
  readonly #address: EngineAddress;
  readonly #deps: EngineDialDeps;
  readonly #on: EngineListener;
  #socket: Socket | undefined;
  /** Undefined once the engine has accepted. */
  #held: Buffer[] | undefined = [];
  #heldBytes = 0;
  #retries = 0;
  #firstFailedAt: number | undefined;
  #stop: AbortController | undefined;

  constructor(address: EngineAddress, deps: EngineDialDeps, listener: EngineListener) {
    this.#address = address;
    this.#deps = deps;
    this.#on = listener;
    this.#dial();
  }

  /** False when it should not be given more until `onRoom`. */
  write(piece: Buffer): boolean {
    if (!this.#held) return this.#socket?.write(piece) ?? true;
    this.#held.push(piece);
    this.#heldBytes += piece.length;
    return !this.isFull;
  }

  /** The engine takes no more for now. */
  get isFull(): boolean {
    if (this.#held) return this.#heldBytes >= this.#deps.heldBytes;
    return this.#socket?.writableNeedDrain ?? false;
  }

  pause(): void {
    this.#socket?.pause();
  }

  resume(): void {
    this.#socket?.resume();
  }

  destroy(): void {
    this.#stop?.abort();
    this.#socket?.destroy();
  }

  #dial(): void {
    const socket = connect({ ...this.#address, noDelay: true });
    this.#socket = socket;
    socket.once('connect', () => this.#flush(socket));
    socket.on('error', (error) => this.#onError(error));
    socket.once('close', () => socket === this.#socket && this.#on.onFailed());
    socket.once('end', () => this.#on.onEnded());
    socket.on('data', (piece: Buffer) => this.#on.onPiece(piece));
    socket.on('drain', () => this.#on.onRoom());
  }

  /** Head and first piece of the body go out in one write. */
  #flush(socket: Socket): void {
    const wasFull = this.isFull;
    const held = this.#held ?? [];
    this.#held = undefined;
    socket.cork();
    for (const piece of held) socket.write(piece);
    socket.uncork();
    this.#on.onConnected();
    if (wasFull && !socket.writableNeedDrain) this.#on.onRoom();
  }

  #onError(error: Error): void {
    if (!this.#held || !this.#isPassing(error)) return this.#on.onFailed();
    this.#socket = undefined;
    this.#retries += 1;
    this.#on.onRetry();
    this.#stop ??= new AbortController();
    detach(this.#dialLater(this.#stop.signal));
  }

  #isPassing(error: Error): boolean {
    const code = errnoOf(error) ?? '';
    if (!passing.has(code) && !(code === 'ECONNREFUSED' && this.#deps.isFresh())) return false;
    const now = this.#deps.clock.monotonicMs();
    this.#firstFailedAt ??= now;
    return now - this.#firstFailedAt < this.#deps.dialMs;
  }

  async #dialLater(signal: AbortSignal): Promise<void> {
    const waitMs = backoffMs(retry, this.#retries - 1, this.#deps.random());
    await untilOver(this.#deps.clock.sleep(waitMs, signal), signal);
    if (!signal.aborted) this.#dial();
  }
}
