// The data path: takes connections of clients, and holds them until they are closed.

import type { Duplex } from 'node:stream';

import { untilOver } from '@fairlead/kit';
import { refuse } from '@fairlead/openai-wire';

import { GuessGuard } from '../accounts/guess-guard.ts';
import { FairAdmission } from '../admission/fair-admission.ts';
import { BodyRoom } from './body-room.ts';
import { type ConnectionOwner, GatewayConnection } from './gateway-connection.ts';
import { Lingering } from './lingering.ts';
import type { RelayConnectionDeps, RelayDeps } from './relay-deps.ts';

export interface Relay extends AsyncDisposable {
  /** Takes ownership of the connection. */
  accept(connection: Duplex): void;
  /** Open connections of clients. */
  readonly size: number;
  /** Requests that wait until an instance has room. */
  readonly waiting: number;
  /** The channel to this instance is lost: what waits there for an answer is sent elsewhere, where that can be. */
  pausedAt(instanceId: string): void;
  /** From now on each connection is closed behind its request. Resolves when none is left, and when the time for that is over; the caller disposes then. */
  drain(): Promise<void>;
}

/** A revoked key ends its streams within this time, beside the time in which the revocation is noticed. */
const checkMs = 250;

/** Opens no socket. Disposing ends what is open: answers that are whole by then are delivered, others are cut with an error. */
export function openRelay(deps: RelayDeps): Relay {
  return new OpenRelay(deps);
}

class OpenRelay implements Relay, ConnectionOwner {
  readonly #deps: RelayConnectionDeps;
  readonly #connections = new Set<GatewayConnection>();
  readonly #lingering = new Lingering();
  readonly #disposed = new AbortController();
  readonly #checking: Promise<void>;
  readonly #whenEmpty = new Set<() => void>();

  constructor(deps: RelayDeps) {
    const { limits, router, clock, log } = deps;
    const admission = new FairAdmission(router, limits, () => clock.monotonicMs());
    router.onRoom = () => admission.letIn();
    const bodies = new BodyRoom(limits.allBodiesBytes);
    this.#deps = { ...deps, admission, bodies, guesses: new GuessGuard(log), life: { isDraining: false } };
    this.#checking = this.#checkAgain();
  }

  get size(): number {
    return this.#connections.size;
  }

  get waiting(): number {
    return this.#deps.admission.size;
  }

  accept(stream: Duplex): void {
    const connection = new GatewayConnection(stream, this.#deps, this);
    this.#connections.add(connection);
    connection.start();
    if (this.#disposed.signal.aborted) connection.stop();
    else if (this.#connections.size > this.#deps.limits.connections) this.#makeRoom(connection);
  }

  onClosed(connection: GatewayConnection): void {
    this.#connections.delete(connection);
    if (this.#connections.size === 0) for (const tell of this.#whenEmpty) tell();
  }

  pausedAt(instanceId: string): void {
    for (const connection of this.#connections) connection.instancePaused(instanceId);
  }

  linger(channel: Duplex): void {
    this.#lingering.add(channel, this.#deps.clock.monotonicMs());
  }

  drain(): Promise<void> {
    this.#deps.life.isDraining = true;
    return this.#untilEmpty(this.#deps.limits.drainMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed.abort();
    for (const connection of this.#connections) connection.stop();
    // What does not take its last bytes in time is dropped.
    await this.#untilEmpty(this.#deps.limits.lingerMs);
    for (const connection of this.#connections) connection.drop();
    this.#lingering.closeOlder(Infinity);
    await this.#checking;
  }

  async #untilEmpty(limitMs: number): Promise<void> {
    if (this.#connections.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const over = new AbortController();
    this.#whenEmpty.add(resolve);
    const late = untilOver(this.#deps.clock.sleep(limitMs, over.signal), over.signal);
    await Promise.race([promise, late]);
    over.abort();
  }

  /** The oldest connection that waits for nothing gives way, else the oldest that has not shown a key: strangers cannot shut out members. */
  #makeRoom(newest: GatewayConnection): void {
    let unproven: GatewayConnection | undefined;
    for (const connection of this.#connections) {
      if (connection === newest) continue;
      if (connection.isIdle) return connection.drop();
      if (connection.isUnproven) unproven ??= connection;
    }
    if (unproven) return unproven.drop();
    newest.refuseAll(refuse('too_many', 'Too many connections are open. Try again, or use fewer at a time.', 1));
  }

  async #checkAgain(): Promise<void> {
    const { signal } = this.#disposed;
    const { clock, limits } = this.#deps;
    while (!signal.aborted) {
      await untilOver(clock.sleep(checkMs, signal), signal);
      if (signal.aborted) return;
      const now = clock.monotonicMs();
      // A breaker may have let go since.
      this.#deps.admission.letIn();
      for (const connection of this.#connections) connection.check(now);
      this.#lingering.closeOlder(now - limits.lingerMs);
    }
  }
}
