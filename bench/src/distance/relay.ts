// A long way on one machine, without privileges: a TCP relay that delays what passes, and lets through so many bytes a second.
// Nothing is lost and nothing overtakes.

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface RelayOptions {
  /** Where it leads. */
  to: { host: string; port: number };
  /** One way. */
  delayMs: number;
}

export interface Relay extends AsyncDisposable {
  /** On 127.0.0.1. */
  readonly port: number;
  /** Of each direction, for all connections together. Absent: as fast as the machine is. */
  limit(bytesPerSecond: number | undefined): void;
}

/** What a router in front of a narrow link holds besides what is on its way; then the sender has to wait. */
const queueBytes = 1024 * 1024;
/** Without a limit only memory bounds what is on its way. */
const unlimitedBytes = 64 * 1024 * 1024;

/** Resolves when it listens. Disposal cuts what passes. */
export async function openRelay({ to, delayMs }: RelayOptions): Promise<Relay> {
  const out = new Link(delayMs);
  const back = new Link(delayMs);
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
    const far = connect({ ...to, noDelay: true, allowHalfOpen: true });
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      // A clean end travels as bytes do; a reset is at the other side at once.
      socket.on('error', () => other.destroy());
      socket.once('close', () => sockets.delete(socket));
    }
    new Lane(out, near, far).start();
    new Lane(back, far, near).start();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    limit(bytesPerSecond) {
      out.bytesPerSecond = back.bytesPerSecond = bytesPerSecond;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** One direction, which all connections share. */
class Link {
  bytesPerSecond: number | undefined;
  readonly #delayMs: number;
  #freeAtMs = 0;

  constructor(delayMs: number) {
    this.#delayMs = delayMs;
  }

  /** When the last of these bytes arrives if they are sent at `nowMs`, behind all that was sent before. */
  arrivalMs(bytes: number, nowMs: number): number {
    const lastsMs = this.bytesPerSecond === undefined ? 0 : (bytes / this.bytesPerSecond) * 1000;
    this.#freeAtMs = Math.max(this.#freeAtMs, nowMs) + lastsMs;
    return this.#freeAtMs + this.#delayMs;
  }

  get holdsBytes(): number {
    if (this.bytesPerSecond === undefined) return unlimitedBytes;
    return (this.bytesPerSecond * this.#delayMs) / 1000 + queueBytes;
  }
}

/** One direction of one connection. */
class Lane {
  readonly #link: Link;
  readonly #from: Socket;
  readonly #to: Socket;
  /** `piece` absent: the end. */
  readonly #onTheWay: Array<{ arrivesMs: number; piece?: Buffer }> = [];
  #heldBytes = 0;
  #isWaiting = false;

  constructor(link: Link, from: Socket, to: Socket) {
    this.#link = link;
    this.#from = from;
    this.#to = to;
  }

  start(): void {
    this.#from.on('data', (piece: Buffer) => this.#put(piece));
    this.#from.once('end', () => this.#put());
  }

  #put(piece?: Buffer): void {
    const bytes = piece?.length ?? 0;
    this.#onTheWay.push({
      arrivesMs: this.#link.arrivalMs(bytes, performance.now()),
      ...(piece ? { piece } : undefined),
    });
    this.#heldBytes += bytes;
    if (this.#heldBytes > this.#link.holdsBytes) this.#from.pause();
    this.#wait();
  }

  #wait(): void {
    const next = this.#onTheWay[0];
    if (this.#isWaiting || !next) return;
    this.#isWaiting = true;
    setTimeout(() => this.#deliver(), Math.max(0, next.arrivesMs - performance.now()));
  }

  #deliver(): void {
    this.#isWaiting = false;
    const nowMs = performance.now();
    if (this.#to.destroyed) return;
    this.#to.cork();
    while (this.#onTheWay[0] && this.#onTheWay[0].arrivesMs <= nowMs) {
      const { piece } = this.#onTheWay.shift() ?? {};
      this.#heldBytes -= piece?.length ?? 0;
      if (piece) this.#to.write(piece);
      else this.#to.end();
    }
    this.#to.uncork();
    if (this.#heldBytes < this.#link.holdsBytes / 2) this.#from.resume();
    this.#wait();
  }
}
