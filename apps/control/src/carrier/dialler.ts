// Finds agents' control sockets in the run directory, dials them, one of an instance at a time, dials again with back-off,
// and unlinks the files that decideSocket and pickSurplus give up. Performs what dial-machine.ts decides.

import { connect, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';

import {
  backoffMs,
  type BackoffPolicy,
  callLater,
  type Clock,
  errnoOf,
  errorText,
  Guard,
  type Log,
  repeatEvery,
} from '@fairlead/kit';
import { parseSocketName } from '@fairlead/protocol';

import { decideSocket, type SocketOwner } from '../domain/decide-socket.ts';
import { type DialEffect, type DialEvent, dialTransition, failingOf } from './dial-machine.ts';
import { DialQueue } from './dial-queue.ts';
import { KnownSockets } from './known-sockets.ts';
import { ParkedSockets } from './parked-sockets.ts';
import type { RunDir } from './run-dir.ts';
import { type SocketTarget, surplusOf } from './socket-target.ts';

export interface DiallerDeps {
  runDir: RunDir;
  clock: Clock;
  log: Log;
  /** In [0, 1). */
  random: () => number;
  leaseMs: number;
  ownerOf: (instanceId: string) => SocketOwner;
  /** Takes over the connection; calls `onProven` when an agent has proved itself on it. */
  admit: (raw: Socket, from: { instanceId: string; generation: number }, onProven: () => void) => void;
}

const redial: BackoffPolicy = { baseMs: 200, maxMs: 5000 };
const rescanMs = 2000;
/** Limit of the files that are reviewed in one turn of the event loop. */
const reviewSlice = 500;

export class Dialler implements AsyncDisposable {
  readonly #deps: DiallerDeps;
  readonly #sockets = new KnownSockets();
  readonly #queue: DialQueue;
  readonly #guard: Guard;
  readonly #parked: ParkedSockets;
  readonly #ended = new AbortController();
  #started = false;
  #caughtUp = false;
  #scanning: Promise<void> | undefined;

  constructor(deps: DiallerDeps) {
    this.#deps = deps;
    this.#guard = new Guard(deps.log);
    this.#parked = new ParkedSockets({ ...deps, guard: this.#guard });
    this.#queue = new DialQueue({
      socketsOf: (instanceId) => this.#sockets.ofInstance(instanceId),
      isKnown: (instanceId) => {
        const owner = deps.ownerOf(instanceId);
        return owner.kind === 'current' && owner.life.phase !== 'waiting';
      },
    });
  }

  /** Resolves after the first scan of the directory. It goes on until the dialler is disposed. */
  async start(): Promise<void> {
    const { clock, runDir, log } = this.#deps;
    const { signal } = this.#ended;
    const onError = (error: unknown) =>
      log.warn({ op: 'run.watch', ok: false, error: errorText(error) }, 'falling back to looking every 2 s');
    // If the system has no inotify watch left, the scan every 2 s still finds every socket.
    const onName = this.#guard.handler('run.look', (name: string) => this.#look(name));
    this.#guard.run('run.watch', () => runDir.watch(onName, { signal, onError }));
    await this.#guard.turn('run.scan', () => this.#scan());
    this.#started = true;
    this.#dialNext();
    this.#scanning = repeatEvery(rescanMs, () => this.#scan(), { op: 'run.scan', clock, guard: this.#guard, signal });
  }

  /** Decides again about the sockets of one instance, whose record has changed. */
  review(instanceId: string): void {
    for (const target of this.#sockets.ofInstance(instanceId))
      this.#guard.run('socket.review', () => this.#review(target));
  }

  /** Whether every socket that was there at the start has been dialled. */
  get caughtUp(): boolean {
    return this.#caughtUp;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await this.#scanning;
  }

  async #scan(): Promise<void> {
    const names = new Set(await this.#deps.runDir.list());
    for (const target of this.#sockets.all()) if (!names.has(target.name)) this.#step(target, { type: 'file.gone' });
    await this.#parked.scan();
    let looked = 0;
    for (const name of names) {
      this.#guard.run('socket.review', () => this.#see(name));
      looked += 1;
      if (looked % reviewSlice === 0) await setImmediate();
      if (this.#ended.signal.aborted) return;
    }
  }

  #look(name: string): void {
    if (this.#deps.runDir.hasSocket(name)) return this.#see(name);
    const target = this.#sockets.get(name);
    if (target) this.#step(target, { type: 'file.gone' });
  }

  #see(name: string): void {
    const known = this.#sockets.get(name);
    if (known) return this.#review(known);
    const parsed = parseSocketName(name);
    if (!parsed) return;
    const seenMs = this.#deps.clock.monotonicMs();
    const target: SocketTarget = { name, ...parsed, seenMs, dial: { status: 'idle' } };
    this.#sockets.add(target);
    this.#giveUpSurplus(target);
    if (this.#sockets.get(name)) this.#review(target);
  }

  #review(target: SocketTarget): void {
    const { clock, leaseMs, ownerOf } = this.#deps;
    if (this.#ended.signal.aborted) return;
    const now = clock.monotonicMs();
    const failing = failingOf(target.dial);
    const decision = decideSocket({
      kind: target.kind,
      generation: target.generation,
      owner: ownerOf(target.instanceId),
      ageMs: now - target.seenMs,
      failing: failing && { forMs: now - failing.sinceMs, times: failing.times },
      leaseMs,
    });
    this.#step(target, { type: 'file.reviewed', decision });
  }

  #step(target: SocketTarget, event: DialEvent): void {
    const { state, effects } = dialTransition(target.dial, event);
    target.dial = state;
    for (const effect of effects) this.#perform(target, effect);
  }

  #perform(target: SocketTarget, effect: DialEffect): void {
    switch (effect.type) {
      case 'queue':
        this.#queue.add(target);
        return this.#dialNext();
      case 'connect':
        return this.#connect(target);
      case 'forget':
        return this.#sockets.remove(target);
      case 'park':
        this.#deps.runDir.park(target.name);
        return;
      case 'unlink':
        return this.#unlink(target);
      case 'place.free':
        return this.#freePlace(target);
      case 'redial.later':
        return this.#redialLater(target, effect.failures);
      case 'review':
        return this.#review(target);
    }
  }

  #unlink({ name }: SocketTarget): void {
    if (this.#deps.runDir.unlinkSocket(name)) this.#deps.log.info({ op: 'socket.unlink', ok: true, socket: name });
  }

  /** A leaked key can make any number of sockets: unlinks those over the limit of one instance. */
  #giveUpSurplus({ instanceId, kind }: SocketTarget): void {
    const owner = this.#deps.ownerOf(instanceId);
    const siblings = this.#sockets.ofInstance(instanceId);
    for (const target of surplusOf(siblings, kind, owner)) this.#step(target, { type: 'file.surplus' });
  }

  #dialNext(): void {
    this.#queue.fill((target) => this.#step(target, { type: 'dial.begun' }));
    if (this.#started && this.#queue.isCaughtUp) this.#caughtUp = true;
  }

  #connect(target: SocketTarget): void {
    const { admit, clock, runDir } = this.#deps;
    this.#queue.begun(target);
    const raw = connect(runDir.file(target.name));
    target.raw = raw;
    let failure: unknown;
    raw.on('error', (error) => (failure = error));
    const onProven = () => this.#step(target, { type: 'agent.proved' });
    raw.on('connect', () => {
      if (!this.#guard.run('socket.admit', () => admit(raw, target, onProven))) raw.destroy();
    });
    const onClose = this.#guard.handler('socket.close', () => {
      delete target.raw;
      const isMissing = errnoOf(failure) === 'ENOENT';
      this.#step(target, { type: 'connection.closed', nowMs: clock.monotonicMs(), isMissing });
    });
    raw.on('close', onClose);
  }

  #freePlace(target: SocketTarget): void {
    this.#queue.free(target);
    if (!this.#ended.signal.aborted) this.#dialNext();
  }

  #redialLater(target: SocketTarget, failures: number): void {
    const { clock, random } = this.#deps;
    if (this.#ended.signal.aborted) return;
    const afterMs = backoffMs(redial, failures, random());
    const again = this.#guard.handler('socket.redial', () => this.#step(target, { type: 'redial.due' }));
    callLater(again, { clock, afterMs, signal: this.#ended.signal });
  }
}
