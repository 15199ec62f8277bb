// Tells watchers: a snapshot, then each change in order. One encoding per change for all; who falls behind begins again
// with a snapshot and holds up nobody.

import { errorText, type Log } from '@fairlead/kit';
import type { WebSocket } from 'ws';

import type { Directory, Entry } from '../directory.ts';

export interface WatchHubDeps {
  directory: Directory;
  log: Log;
  /** Waiting bytes at which a watcher counts as behind. */
  behindBytes?: number;
}

const BEHIND_BYTES = 1024 * 1024;

interface Watcher {
  socket: WebSocket;
  isValid: () => boolean;
  /** What the last snapshot alone may leave waiting. */
  snapshotBytes: number;
  behind: boolean;
  alive: boolean;
  onSent: (error?: Error | null) => void;
}

export class WatchHub {
  readonly #deps: WatchHubDeps;
  readonly #behindBytes: number;
  readonly #watchers = new Set<Watcher>();
  /** Each deployment as last told; a load or lease in it is as old as the last change. */
  readonly #texts = new WeakMap<Entry, string>();
  /** Shared by all who come between two changes, as they do after a restart. */
  #snapshot: Buffer | undefined;
  #seq = 0;

  constructor(deps: WatchHubDeps) {
    this.#deps = deps;
    this.#behindBytes = deps.behindBytes ?? BEHIND_BYTES;
    deps.directory.changed.add((entries) => (entries ? this.#tell(entries) : this.#tellAll()));
  }

  /** `isValid`: whether its token still is. */
  add(socket: WebSocket, isValid: () => boolean): void {
    const watcher: Watcher = {
      socket,
      isValid,
      snapshotBytes: 0,
      behind: false,
      alive: true,
      onSent: () => this.#catchUp(watcher),
    };
    socket.on('error', (error) => this.#deps.log.debug({ op: 'watch', ok: false, error: errorText(error) }));
    socket.on('pong', () => (watcher.alive = true));
    socket.on('close', () => this.#watchers.delete(watcher));
    this.#watchers.add(watcher);
    this.#sendSnapshot(watcher);
  }

  /** Drops those that have not answered since the last sweep, or whose token was revoked. */
  sweep(): void {
    for (const watcher of this.#watchers) {
      if (!watcher.isValid()) watcher.socket.close(1008, 'unauthorized');
      else if (!watcher.alive) watcher.socket.terminate();
      else {
        watcher.alive = false;
        watcher.socket.ping();
      }
    }
  }

  /** How many wait for a new snapshot. */
  get behind(): number {
    return [...this.#watchers].filter(({ behind }) => behind).length;
  }

  #tell(entries: ReadonlySet<Entry>): void {
    this.#snapshot = undefined;
    for (const entry of entries) {
      this.#texts.delete(entry);
      this.#seq += 1;
      // A Buffer: text would be encoded anew for each watcher.
      const text = Buffer.from(`{"type":"deployment.changed","seq":${this.#seq},"deployment":${this.#textOf(entry)}}`);
      for (const watcher of this.#watchers) this.#send(watcher, text);
    }
  }

  #tellAll(): void {
    this.#seq += 1;
    this.#snapshot = undefined;
    for (const watcher of this.#watchers) this.#resync(watcher);
  }

  #send(watcher: Watcher, text: Buffer): void {
    if (watcher.behind) return;
    if (watcher.socket.bufferedAmount > this.#behindBytes + watcher.snapshotBytes) {
      watcher.behind = true;
      return;
    }
    watcher.socket.send(text, { binary: false }, watcher.onSent);
  }

  /** Called whenever something has left for the watcher. */
  #catchUp(watcher: Watcher): void {
    const waiting = watcher.socket.bufferedAmount;
    if (waiting === 0) watcher.snapshotBytes = 0;
    if (watcher.behind && waiting < this.#behindBytes / 4) this.#resync(watcher);
  }

  #resync(watcher: Watcher): void {
    watcher.behind = false;
    watcher.socket.send(JSON.stringify({ type: 'resync', seq: this.#seq }), watcher.onSent);
    this.#sendSnapshot(watcher);
  }

  #sendSnapshot(watcher: Watcher): void {
    const text = (this.#snapshot ??= this.#encodeSnapshot());
    watcher.snapshotBytes += text.length;
    watcher.socket.send(text, { binary: false }, watcher.onSent);
  }

  #encodeSnapshot(): Buffer {
    const deployments = [...this.#deps.directory.entries()].map((entry) => this.#textOf(entry));
    return Buffer.from(`{"type":"snapshot","seq":${this.#seq},"deployments":[${deployments.join(',')}]}`);
  }

  #textOf(entry: Entry): string {
    const known = this.#texts.get(entry);
    if (known !== undefined) return known;
    const text = JSON.stringify(this.#deps.directory.viewDeployment(entry));
    this.#texts.set(entry, text);
    return text;
  }
}
