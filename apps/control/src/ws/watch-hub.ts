// Sends each watcher a snapshot, then each change in order. Encodes a change once for all. A watcher that falls behind begins again
// with a snapshot and holds up no other watcher.

import { errorText, Guard, type Log } from '@fairlead/kit';
import { deploymentView, encodeText, type EventView, watchMessage } from '@fairlead/protocol';
import type { WebSocket } from 'ws';

import type { Registry } from '../registry/registry.ts';
import type { DeploymentEntry, Entry } from '../registry/entry.ts';

export interface WatchHubDeps {
  registry: Registry;
  log: Log;
  /** Waiting bytes at which a watcher counts as behind. */
  behindBytes?: number;
}

const behindBytes = 1024 * 1024;
/** A snapshot leaves in pieces, as fast as its reader reads: a hundred readers at once must not hold a hundred copies. */
const pieceBytes = 64 * 1024;

/** An answer may have to wait behind a snapshot on a slow line. */
const maxSilentSweeps = 5;

/** Limit of the answers to pings that wait for a watcher that does not read, besides its other waiting bytes. */
const unreadPongsBytes = 1024 * 1024;

export interface WatcherOptions {
  /** Whether the watcher's token is still valid. */
  isValid: () => boolean;
  /** Send events of the history too: of one deployment, or of all. */
  events?: { deployment: string | undefined } | undefined;
}

interface Watcher extends WatcherOptions {
  socket: WebSocket;
  /** Sweeps since the watcher's last frame. */
  silentSweeps: number;
  /** `behind`: it gets nothing until it has read what is on its way, then a new snapshot. */
  state: 'snapshot' | 'live' | 'behind';
  /** Changes since the snapshot that is on its way. */
  later: Buffer[];
  laterBytes: number;
}

export class WatchHub {
  readonly #deps: WatchHubDeps;
  readonly #behindBytes: number;
  readonly #guard: Guard;
  readonly #watchers = new Set<Watcher>();
  /** Each deployment as it was last sent. Loads and leases in it are as old as the last change. */
  readonly #texts = new WeakMap<DeploymentEntry, string>();
  /** Shared by all watchers that come between two changes, as they do after a restart of control. */
  #snapshot: Buffer | undefined;
  #seq = 0;

  constructor(deps: WatchHubDeps) {
    this.#deps = deps;
    this.#guard = new Guard(deps.log);
    this.#behindBytes = deps.behindBytes ?? behindBytes;
    deps.registry.changed.add((entries) => (entries ? this.#tell(entries) : this.#tellAll()));
    deps.registry.historyAdded.add((events) => events.forEach((event) => this.#tellEvent(event)));
  }

  add(socket: WebSocket, options: WatcherOptions): void {
    const watcher: Watcher = { ...options, socket, silentSweeps: 0, state: 'live', later: [], laterBytes: 0 };
    socket.on('error', (error) => this.#deps.log.debug({ op: 'watch', ok: false, error: errorText(error) }));
    socket.on('pong', () => (watcher.silentSweeps = 0));
    socket.on('ping', () => {
      if (socket.bufferedAmount > this.#behindBytes + pieceBytes + unreadPongsBytes) socket.terminate();
    });
    socket.on('close', () => this.#watchers.delete(watcher));
    this.#watchers.add(watcher);
    this.#sendSnapshot(watcher);
  }

  /** Drops watchers that have not answered for several sweeps, or whose token was revoked. */
  sweep(): void {
    for (const watcher of this.#watchers) this.#guard.run('watch.sweep', () => this.#sweepOne(watcher));
  }

  #sweepOne(watcher: Watcher): void {
    if (!watcher.isValid()) watcher.socket.close(1008, 'unauthorized');
    else if (watcher.silentSweeps >= maxSilentSweeps) watcher.socket.terminate();
    else {
      watcher.silentSweeps += 1;
      watcher.socket.ping();
    }
  }

  /** How many watchers wait for a new snapshot. */
  get behind(): number {
    return [...this.#watchers].filter(({ state }) => state === 'behind').length;
  }

  #tell(entries: ReadonlySet<Entry>): void {
    this.#snapshot = undefined;
    for (const deployment of new Set([...entries].map((entry) => entry.deployment))) {
      this.#texts.delete(deployment);
      this.#seq += 1;
      // A Buffer, because text would be encoded again for each watcher.
      const text = Buffer.from(
        `{"type":"deployment.changed","seq":${this.#seq},"deployment":${this.#textOf(deployment)}}`,
      );
      for (const watcher of this.#watchers) this.#send(watcher, text);
    }
  }

  #tellEvent(event: EventView): void {
    let text: Buffer | undefined;
    for (const watcher of this.#watchers) {
      const { events } = watcher;
      if (!events || (events.deployment !== undefined && events.deployment !== event.deployment)) continue;
      text ??= Buffer.from(encodeText(watchMessage, { type: 'event.added', seq: this.#seq, event }));
      this.#send(watcher, text);
    }
  }

  #tellAll(): void {
    this.#seq += 1;
    this.#snapshot = undefined;
    for (const watcher of this.#watchers) this.#resync(watcher);
  }

  #send(watcher: Watcher, text: Buffer): void {
    const { socket, state } = watcher;
    if (state === 'behind') return;
    if (state === 'snapshot') {
      watcher.laterBytes += text.length;
      if (watcher.laterBytes <= this.#behindBytes) watcher.later.push(text);
      else watcher.later = [];
    } else if (socket.bufferedAmount <= this.#behindBytes) {
      socket.send(text, { binary: false }, () => this.#guard.run('watch.send', () => this.#catchUp(watcher)));
    } else watcher.state = 'behind';
  }

  /** Called whenever bytes have been written to the watcher's socket. */
  #catchUp(watcher: Watcher): void {
    if (watcher.state === 'behind' && watcher.socket.bufferedAmount < this.#behindBytes / 4) this.#resync(watcher);
  }

  #resync(watcher: Watcher): void {
    // A resync cannot begin in the middle of another message: it follows after it.
    if (watcher.state === 'snapshot') watcher.laterBytes = Infinity;
    else {
      watcher.socket.send(encodeText(watchMessage, { type: 'resync', seq: this.#seq }));
      this.#sendSnapshot(watcher);
    }
  }

  #sendSnapshot(watcher: Watcher): void {
    watcher.state = 'snapshot';
    watcher.later = [];
    watcher.laterBytes = 0;
    this.#sendPiece(watcher, (this.#snapshot ??= this.#encodeSnapshot()), 0);
  }

  /** One message in several frames; RFC 6455, 5.4. */
  #sendPiece(watcher: Watcher, text: Buffer, from: number): void {
    const to = Math.min(from + pieceBytes, text.length);
    const fin = to === text.length;
    watcher.socket.send(text.subarray(from, to), { binary: false, fin }, (error) => {
      if (error) return;
      this.#guard.run('watch.send', () => (fin ? this.#sendLater(watcher) : this.#sendPiece(watcher, text, to)));
    });
  }

  #sendLater(watcher: Watcher): void {
    const { later, laterBytes } = watcher;
    watcher.later = [];
    watcher.laterBytes = 0;
    if (laterBytes > this.#behindBytes) {
      watcher.state = 'behind';
      return this.#catchUp(watcher);
    }
    watcher.state = 'live';
    for (const text of later) this.#send(watcher, text);
  }

  #encodeSnapshot(): Buffer {
    const deployments = [...this.#deps.registry.deployments()].map((deployment) => this.#textOf(deployment));
    return Buffer.from(`{"type":"snapshot","seq":${this.#seq},"deployments":[${deployments.join(',')}]}`);
  }

  #textOf(deployment: DeploymentEntry): string {
    const known = this.#texts.get(deployment);
    if (known !== undefined) return known;
    const text = encodeText(deploymentView, this.#deps.registry.viewDeployment(deployment));
    this.#texts.set(deployment, text);
    return text;
  }
}
