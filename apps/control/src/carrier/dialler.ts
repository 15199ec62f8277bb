// Finds agents' control sockets in the run directory, dials them, one of an instance at a time, dials again with back-off,
// and unlinks the files that decideSocket and pickSurplus give up. Interprets; decides nothing.

import { connect, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';

import { type BackoffPolicy, backoffMs, callLater, type Clock, errnoOf, errorText, type Log } from '@fairlead/kit';
import { parseSocketName } from '@fairlead/protocol';

import { decideSocket, type SocketOwner } from '../domain/decide-socket.ts';
import { Guard } from '../guard.ts';
import { byPromise, MAX_UNPROVEN, mayDial } from './dial-order.ts';
import { ParkedSockets } from './parked-sockets.ts';
import type { RunDir } from './run-dir.ts';
import { type SocketTarget as Target, surplusOf } from './socket-target.ts';

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

const REDIAL: BackoffPolicy = { baseMs: 200, maxMs: 5000 };
const RESCAN_MS = 2000;
/** Files looked at in one turn of the event loop. */
const REVIEW_SLICE = 500;

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
    this.#scanning = this.#guard.loop('run.scan', () => this.#scan(), { clock, everyMs: RESCAN_MS, signal });
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
    for (const target of this.#targets.values()) if (!names.has(target.name)) this.#forget(target);
    await this.#parked.scan();
    let looked = 0;
    for (const name of names) {
      this.#guard.run('socket.review', () => this.#see(name));
      looked += 1;
      if (looked % REVIEW_SLICE === 0) await setImmediate();
      if (this.#ended.signal.aborted) return;
    }
  }

  #look(name: string): void {
    if (this.#deps.runDir.hasSocket(name)) return this.#see(name);
    const target = this.#targets.get(name);
    if (target) this.#forget(target);
  }

  #see(name: string): void {
    const known = this.#targets.get(name);
    if (known) return this.#review(known);
    const parsed = parseSocketName(name);
    if (!parsed) return;
    const seenMs = this.#deps.clock.monotonicMs();
    const target: Target = { name, ...parsed, seenMs, dialling: 'no', failures: 0, failingSinceMs: undefined };
    this.#targets.set(name, target);
    const siblings = this.#byInstance.get(target.instanceId) ?? new Set();
    this.#byInstance.set(target.instanceId, siblings.add(target));
    this.#giveUpSurplus(siblings, target);
    if (this.#targets.has(name)) this.#review(target);
  }

  #forget(target: Target): void {
    this.#targets.delete(target.name);
    const siblings = this.#byInstance.get(target.instanceId);
    siblings?.delete(target);
    if (siblings?.size === 0) this.#byInstance.delete(target.instanceId);
  }

  #review(target: Target): void {
    const { clock, leaseMs, ownerOf, runDir } = this.#deps;
    if (this.#ended.signal.aborted) return;
    const now = clock.monotonicMs();
    const { kind, generation, failures, failingSinceMs } = target;
    const decision = decideSocket({
      kind,
      generation,
      owner: ownerOf(target.instanceId),
      ageMs: now - target.seenMs,
      failing: failingSinceMs === undefined ? undefined : { forMs: now - failingSinceMs, times: failures },
      leaseMs,
    });
    if (decision === 'park') {
      this.#forget(target);
      runDir.park(target.name);
    } else if (decision === 'unlink') {
      this.#unlink(target);
    } else if (decision === 'dial' && target.dialling === 'no') {
      target.dialling = 'queued';
      this.#queue.add(target.instanceId);
      this.#preferOver(target, this.#unproven.get(target.instanceId));
      this.#dialNext();
    }
  }

  #unlink(target: Target): void {
    this.#forget(target);
    if (this.#deps.runDir.unlinkSocket(target.name))
      this.#deps.log.info({ op: 'socket.unlink', ok: true, socket: target.name });
  }

  /** A leaked key can make any number of sockets: unlinks those over the limit of one instance. */
  #giveUpSurplus(siblings: ReadonlySet<Target>, { instanceId, kind }: Target): void {
    const owner = this.#deps.ownerOf(instanceId);
    for (const target of surplusOf(siblings, kind, owner)) this.#unlink(target);
  }

  /** A dial of a frozen tunnel's socket can block its instance for seconds: ends it in favour of a newer socket. */
  #preferOver(target: Target, dialled: Target | undefined): void {
    if (dialled && target.generation > dialled.generation && byPromise(target, dialled) < 0) dialled.raw?.destroy();
  }

  #dialNext(): void {
    for (const instanceId of this.#queue) {
      if (this.#unproven.size >= MAX_UNPROVEN) break;
      if (this.#unproven.has(instanceId) || !mayDial(this.#unproven.size, this.#isKnown(instanceId))) continue;
      const target = this.#pickNext(instanceId);
      if (target) this.#dial(target);
      if (!this.#pickNext(instanceId)) this.#queue.delete(instanceId);
    }
    const isDialled = (instanceId: string) => this.#unproven.has(instanceId);
    if (this.#started && [...this.#queue].every(isDialled)) this.#caughtUp = true;
  }

  #pickNext(instanceId: string): Target | undefined {
    const siblings = [...(this.#byInstance.get(instanceId) ?? [])];
    return siblings.filter(({ dialling }) => dialling === 'queued').toSorted(byPromise)[0];
  }

  /** Whether an agent has proved itself for it. */
  #isKnown(instanceId: string): boolean {
    const owner = this.#deps.ownerOf(instanceId);
    return owner.kind === 'current' && owner.life.phase !== 'waiting';
  }

  #dial(target: Target): void {
    const { admit, runDir } = this.#deps;
    target.dialling = 'now';
    this.#unproven.set(target.instanceId, target);
    const raw = connect(runDir.file(target.name));
    target.raw = raw;
    let failure: unknown;
    raw.on('error', (error) => (failure = error));
    const onProven = () => {
      target.dialling = 'proven';
      target.failures = 0;
      target.failingSinceMs = undefined;
      this.#freePlace(target);
    };
    raw.on('connect', () => {
      if (!this.#guard.run('socket.admit', () => admit(raw, target, onProven))) raw.destroy();
    });
    raw.on(
      'close',
      this.#guard.handler('socket.close', () => this.#closed(target, failure)),
    );
  }

  #closed(target: Target, failure: unknown): void {
    delete target.raw;
    const unproven = target.dialling === 'now';
    if (unproven) {
      target.failures += 1;
      target.failingSinceMs ??= this.#deps.clock.monotonicMs();
    }
    if (errnoOf(failure) === 'ENOENT') this.#forget(target);
    else this.#wait(target);
    if (unproven) this.#freePlace(target);
  }

  #freePlace(target: Target): void {
    if (this.#unproven.get(target.instanceId) === target) this.#unproven.delete(target.instanceId);
    if (!this.#ended.signal.aborted) this.#dialNext();
  }

  #wait(target: Target): void {
    const { clock, random } = this.#deps;
    if (this.#ended.signal.aborted) return;
    target.dialling = 'waiting';
    const afterMs = backoffMs(REDIAL, target.failures, random());
    const again = this.#guard.handler('socket.redial', () => {
      target.dialling = 'no';
      if (this.#targets.get(target.name) === target) this.#review(target);
    });
    callLater(again, { clock, afterMs, signal: this.#ended.signal });
  }
}
