// Finds agents' control sockets in the run directory, dials each once, dials again with back-off, and unlinks the files
// that decideSocket gives up. Interprets; decides nothing.

import { connect, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';

import { type BackoffPolicy, backoffMs, callLater, type Clock, errnoOf, errorText, type Log } from '@fairlead/kit';
import { parseSocketName } from '@fairlead/protocol';

import { decideParked, decideSocket, type SocketOwner } from '../domain/decide-socket.ts';
import type { RunDir } from './run-dir.ts';

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
/** Dialled and not yet proven, at once: after a restart of control all agents are there to be dialled. */
const MOST_UNPROVEN = 64;
/** Files looked at in one turn of the event loop. */
const REVIEW_SLICE = 500;

interface Target {
  name: string;
  instanceId: string;
  generation: number;
  kind: 'data' | 'control';
  seenMs: number;
  dialling: 'no' | 'queued' | 'now' | 'proven' | 'waiting';
  failures: number;
  failingSinceMs: number | undefined;
}

export class Dialler implements AsyncDisposable {
  readonly #deps: DiallerDeps;
  readonly #targets = new Map<string, Target>();
  readonly #byInstance = new Map<string, Set<Target>>();
  readonly #queue: Target[] = [];
  /** Names of parked sockets and when they were first seen there. */
  readonly #parked = new Map<string, number>();
  readonly #ended = new AbortController();
  #unproven = 0;
  #started = false;
  #caughtUp = false;
  #scanning: Promise<void> | undefined;

  constructor(deps: DiallerDeps) {
    this.#deps = deps;
  }

  /** Resolves after the first look. */
  async start(): Promise<void> {
    const { runDir, log } = this.#deps;
    runDir.watch((name) => this.#look(name), {
      signal: this.#ended.signal,
      onError: (error) =>
        log.warn({ op: 'run.watch', ok: false, error: errorText(error) }, 'falling back to looking every 2 s'),
    });
    await this.#scan();
    this.#started = true;
    this.#dialNext();
    this.#scanning = this.#rescan();
  }

  /** Looks again at the sockets of one instance, whose truth has changed. */
  review(instanceId: string): void {
    for (const target of this.#byInstance.get(instanceId) ?? []) this.#review(target);
  }

  /** Whether every socket that was there at the start has been dialled. */
  get caughtUp(): boolean {
    return this.#caughtUp;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await this.#scanning;
  }

  async #rescan(): Promise<void> {
    const { clock, log } = this.#deps;
    const { signal } = this.#ended;
    while (!signal.aborted) {
      try {
        await clock.sleep(RESCAN_MS, signal);
        await this.#scan();
      } catch (error) {
        if (!signal.aborted) log.error({ op: 'run.scan', ok: false, error: errorText(error) });
      }
    }
  }

  async #scan(): Promise<void> {
    const names = new Set(await this.#deps.runDir.list());
    for (const target of this.#targets.values()) if (!names.has(target.name)) this.#forget(target);
    await this.#scanParked();
    let looked = 0;
    for (const name of names) {
      this.#see(name);
      looked += 1;
      if (looked % REVIEW_SLICE === 0) await setImmediate();
      if (this.#ended.signal.aborted) return;
    }
  }

  async #scanParked(): Promise<void> {
    const { clock, leaseMs, ownerOf, runDir } = this.#deps;
    const names = new Set(await runDir.listParked());
    for (const name of this.#parked.keys()) if (!names.has(name)) this.#parked.delete(name);
    const now = clock.monotonicMs();
    for (const name of names) {
      const parsed = parseSocketName(name);
      if (!parsed) continue;
      const seenMs = this.#parked.get(name) ?? now;
      this.#parked.set(name, seenMs);
      const facts = { generation: parsed.generation, owner: ownerOf(parsed.instanceId), ageMs: now - seenMs, leaseMs };
      if (decideParked(facts) === 'unlink') runDir.unlinkParked(name);
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
    this.#review(target);
  }

  #forget(target: Target): void {
    this.#targets.delete(target.name);
    const siblings = this.#byInstance.get(target.instanceId);
    siblings?.delete(target);
    if (siblings?.size === 0) this.#byInstance.delete(target.instanceId);
  }

  #review(target: Target): void {
    const { clock, leaseMs, log, ownerOf, runDir } = this.#deps;
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
      this.#forget(target);
      if (runDir.unlinkSocket(target.name)) log.info({ op: 'socket.unlink', ok: true, socket: target.name });
    } else if (decision === 'dial' && target.dialling === 'no') {
      target.dialling = 'queued';
      this.#queue.push(target);
      this.#dialNext();
    }
  }

  #dialNext(): void {
    while (this.#unproven < MOST_UNPROVEN) {
      const target = this.#queue.shift();
      if (!target) break;
      if (this.#targets.get(target.name) === target) this.#dial(target);
    }
    if (this.#started && this.#queue.length === 0) this.#caughtUp = true;
  }

  #dial(target: Target): void {
    const { admit, clock, runDir } = this.#deps;
    target.dialling = 'now';
    this.#unproven += 1;
    const raw = connect(runDir.file(target.name));
    let failure: unknown;
    raw.on('error', (error) => (failure = error));
    raw.on('connect', () =>
      admit(raw, target, () => {
        target.dialling = 'proven';
        target.failures = 0;
        target.failingSinceMs = undefined;
        this.#freeSlot();
      }),
    );
    raw.on('close', () => {
      if (target.dialling === 'now') {
        target.failures += 1;
        target.failingSinceMs ??= clock.monotonicMs();
        this.#freeSlot();
      }
      if (errnoOf(failure) === 'ENOENT') this.#forget(target);
      else this.#wait(target);
    });
  }

  #freeSlot(): void {
    this.#unproven -= 1;
    this.#dialNext();
  }

  #wait(target: Target): void {
    const { clock, random } = this.#deps;
    if (this.#ended.signal.aborted) return;
    target.dialling = 'waiting';
    const afterMs = backoffMs(REDIAL, target.failures, random());
    const again = () => {
      target.dialling = 'no';
      if (this.#targets.get(target.name) === target) this.#review(target);
    };
    callLater(again, { clock, afterMs, signal: this.#ended.signal });
  }
}
