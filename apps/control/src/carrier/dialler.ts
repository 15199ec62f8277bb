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
import { byPromise, maxUnproven, mayDial } from './dial-order.ts';
import { ParkedSockets } from './parked-sockets.ts';
import type { RunDir } from './run-dir.ts';
import { candidateOf, type SocketTarget as Target, surplusOf } from './socket-target.ts';

export interface DiallerDeps {
  runDir: RunDir;
  clock: Clock;
  log: Log;
  /** In [0, 1). */
  random: () => number;
  leaseMs: number;
  ownerOf: (instanceId: string) => SocketOwner;
  /** Hands a connection over; `onProven` when an agent has proved itself on it. */
  admit: (raw: Socket, from: { instanceId: string; generation: number }, onProven: () => void) => void;
}

const redial: BackoffPolicy = { baseMs: 200, maxMs: 5000 };
const rescanMs = 2000;
/** Files looked at in one turn of the event loop. */
const reviewSlice = 500;

export class Dialler implements AsyncDisposable {
  readonly #deps: DiallerDeps;
  readonly #targets = new Map<string, Target>();
  readonly #byInstance = new Map<string, Set<Target>>();
  /** Instances with a socket to dial, in the order in which they came. */
  readonly #queue = new Set<string>();
  /** What is dialled and not yet proven, by instance: one of each. */
  readonly #unproven = new Map<string, Target>();
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
  }

  /** Resolves after the first look. */
  async start(): Promise<void> {
    const { clock, runDir, log } = this.#deps;
    const { signal } = this.#ended;
    const onError = (error: unknown) =>
      log.warn({ op: 'run.watch', ok: false, error: errorText(error) }, 'falling back to looking every 2 s');
    // Where the system has no inotify watch left, the scan every 2 s finds every socket.
    const onName = this.#guard.handler('run.look', (name: string) => this.#look(name));
    this.#guard.run('run.watch', () => runDir.watch(onName, { signal, onError }));
    await this.#guard.turn('run.scan', () => this.#scan());
    this.#started = true;
    this.#dialNext();
    this.#scanning = repeatEvery(rescanMs, () => this.#scan(), { op: 'run.scan', clock, guard: this.#guard, signal });
  }

  /** Looks again at the sockets of one instance, whose truth has changed. */
  review(instanceId: string): void {
    for (const target of this.#byInstance.get(instanceId) ?? [])
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
    for (const target of this.#targets.values()) if (!names.has(target.name)) this.#step(target, { type: 'file.gone' });
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
    const target = this.#targets.get(name);
    if (target) this.#step(target, { type: 'file.gone' });
  }

  #see(name: string): void {
    const known = this.#targets.get(name);
    if (known) return this.#review(known);
    const parsed = parseSocketName(name);
    if (!parsed) return;
    const seenMs = this.#deps.clock.monotonicMs();
    const target: Target = { name, ...parsed, seenMs, dial: { status: 'idle' } };
    this.#targets.set(name, target);
    const siblings = this.#byInstance.get(target.instanceId) ?? new Set();
    this.#byInstance.set(target.instanceId, siblings.add(target));
    this.#giveUpSurplus(siblings, target);
    if (this.#targets.has(name)) this.#review(target);
  }

  #review(target: Target): void {
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

  #step(target: Target, event: DialEvent): void {
    const { state, effects } = dialTransition(target.dial, event);
    target.dial = state;
    for (const effect of effects) this.#perform(target, effect);
  }

  #perform(target: Target, effect: DialEffect): void {
    switch (effect.type) {
      case 'queue':
        this.#queue.add(target.instanceId);
        this.#preferOver(target, this.#unproven.get(target.instanceId));
        return this.#dialNext();
      case 'connect':
        return this.#connect(target);
      case 'forget':
        return this.#forget(target);
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

  #forget(target: Target): void {
    this.#targets.delete(target.name);
    const siblings = this.#byInstance.get(target.instanceId);
    siblings?.delete(target);
    if (siblings?.size === 0) this.#byInstance.delete(target.instanceId);
  }

  #unlink({ name }: Target): void {
    if (this.#deps.runDir.unlinkSocket(name)) this.#deps.log.info({ op: 'socket.unlink', ok: true, socket: name });
  }

  /** A leaked key can make any number of sockets: unlinks those over the limit of one instance. */
  #giveUpSurplus(siblings: ReadonlySet<Target>, { instanceId, kind }: Target): void {
    const owner = this.#deps.ownerOf(instanceId);
    for (const target of surplusOf(siblings, kind, owner)) this.#step(target, { type: 'file.surplus' });
  }

  /** A dial of a frozen tunnel's socket can block its instance for seconds: ends it in favour of a newer socket. */
  #preferOver(target: Target, dialled: Target | undefined): void {
    if (dialled && target.generation > dialled.generation && compare(target, dialled) < 0) dialled.raw?.destroy();
  }

  #dialNext(): void {
    for (const instanceId of this.#queue) {
      if (this.#unproven.size >= maxUnproven) break;
      if (this.#unproven.has(instanceId) || !mayDial(this.#unproven.size, this.#isKnown(instanceId))) continue;
      const target = this.#pickNext(instanceId);
      if (target) this.#step(target, { type: 'dial.begun' });
      if (!this.#pickNext(instanceId)) this.#queue.delete(instanceId);
    }
    const isDialled = (instanceId: string) => this.#unproven.has(instanceId);
    if (this.#started && [...this.#queue].every(isDialled)) this.#caughtUp = true;
  }

  #pickNext(instanceId: string): Target | undefined {
    const siblings = [...(this.#byInstance.get(instanceId) ?? [])];
    return siblings.filter(({ dial }) => dial.status === 'queued').toSorted(compare)[0];
  }

  /** Whether an agent has proved itself for it. */
  #isKnown(instanceId: string): boolean {
    const owner = this.#deps.ownerOf(instanceId);
    return owner.kind === 'current' && owner.life.phase !== 'waiting';
  }

  #connect(target: Target): void {
    const { admit, clock, runDir } = this.#deps;
    this.#unproven.set(target.instanceId, target);
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

  #freePlace(target: Target): void {
    if (this.#unproven.get(target.instanceId) === target) this.#unproven.delete(target.instanceId);
    if (!this.#ended.signal.aborted) this.#dialNext();
  }

  #redialLater(target: Target, failures: number): void {
    const { clock, random } = this.#deps;
    if (this.#ended.signal.aborted) return;
    const afterMs = backoffMs(redial, failures, random());
    const again = this.#guard.handler('socket.redial', () => this.#step(target, { type: 'redial.due' }));
    callLater(again, { clock, afterMs, signal: this.#ended.signal });
  }
}

function compare(a: Target, b: Target): number {
  return byPromise(candidateOf(a), candidateOf(b));
}
