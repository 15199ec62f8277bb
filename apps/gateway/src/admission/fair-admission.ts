// Lets requests through to instances that have room, and keeps the others in order: a queue for each pool of models. It waits for nothing itself:
// the router says when there is room again.

import type { Grant } from '../accounts/account-records.ts';
import { FairQueue, type Waiting } from './fair-queue.ts';

export interface AdmissionLimits {
  /** Requests of one member that wait. */
  queuedOfMember: number;
  /** Requests that wait in one pool. */
  queuedInPool: number;
}

/** What it asks of the router. */
export interface Rooms {
  /** Also where no instance is there: such a request is refused when its turn comes. */
  hasRoom(model: string): boolean;
  poolOf(model: string): string;
}

export interface Ticket extends Waiting {
  readonly pool: string;
  readonly atMs: number;
  /** Ahead of it, itself included, when it came; 0: it did not wait. */
  place: number;
  waitedMs: number;
  isWaiting: boolean;
  readonly onTurn: () => void;
}

export type Entered =
  | { ok: true; ticket: Ticket }
  | { ok: false; full: 'member' | 'pool'; most: number; retryAfterMs: number };

export interface WantedTurn {
  grant: Grant;
  model: string;
  tokens: number;
  /** Called once, at once or later, unless it leaves before. */
  onTurn: (ticket: Ticket) => void;
}

interface Pool {
  queue: FairQueue<Ticket>;
  /** How long the last one waited. */
  lastWaitMs: number;
}

const usualRetryMs = 1_000;
const maxRetryMs = 60_000;

export class FairAdmission {
  readonly #rooms: Rooms;
  readonly #limits: AdmissionLimits;
  readonly #monotonicMs: () => number;
  readonly #pools = new Map<string, Pool>();
  #isLettingIn = false;

  constructor(rooms: Rooms, limits: AdmissionLimits, monotonicMs: () => number) {
    this.#rooms = rooms;
    this.#limits = limits;
    this.#monotonicMs = monotonicMs;
  }

  /** Requests that wait, of all pools. */
  get size(): number {
    return this.#pools.values().reduce((sum, { queue }) => sum + queue.size, 0);
  }

  /** Of a model's pool. */
  sizeOf(model: string): number {
    return this.#pools.get(this.#rooms.poolOf(model))?.queue.size ?? 0;
  }

  enter({ grant, model, tokens, onTurn }: WantedTurn): Entered {
    const name = this.#rooms.poolOf(model);
    const pool = this.#poolOf(name);
    const { queue } = pool;
    const shares = sharesOf(grant);
    const full = this.#fullness(pool, shares);
    if (full) return full;
    const ticket: Ticket = {
      ...shares,
      model,
      cost: tokens,
      pool: name,
      atMs: this.#monotonicMs(),
      place: 0,
      waitedMs: 0,
      isWaiting: false,
      onTurn: () => onTurn(ticket),
    };
    if (queue.size === 0 && this.#rooms.hasRoom(model)) {
      queue.charge(ticket);
      ticket.onTurn();
      return { ok: true, ticket };
    }
    ticket.isWaiting = true;
    queue.push(ticket);
    ticket.place = queue.placeOf(ticket);
    // What is ahead of it may wait for other models.
    this.letIn();
    return { ok: true, ticket };
  }

  /** It is over: `usedTokens` in place of its estimate. A ticket that still waits has used nothing. */
  leave(ticket: Ticket, usedTokens: number): void {
    const queue = this.#pools.get(ticket.pool)?.queue;
    if (ticket.isWaiting) {
      queue?.remove(ticket);
      ticket.isWaiting = false;
    } else queue?.correct(ticket, usedTokens - ticket.cost);
  }

  /** There may be room again. */
  letIn(): void {
    // A turn takes room, or gives it back, before it returns: the loop below sees it.
    if (this.#isLettingIn) return;
    this.#isLettingIn = true;
    try {
      for (const [name, pool] of this.#pools) this.#letInto(name, pool);
    } finally {
      this.#isLettingIn = false;
    }
  }

  #letInto(name: string, pool: Pool): void {
    while (pool.queue.size > 0) {
      // A model may have moved to another pool since: it keeps its place in this one.
      const ticket = pool.queue.take((model) => this.#rooms.hasRoom(model));
      if (!ticket) return;
      ticket.isWaiting = false;
      ticket.waitedMs = pool.lastWaitMs = this.#monotonicMs() - ticket.atMs;
      ticket.onTurn();
    }
    if (this.#pools.size > maxPools) this.#pools.delete(name);
  }

  #fullness({ queue, lastWaitMs }: Pool, { team, member }: Pick<Waiting, 'team' | 'member'>): Entered | undefined {
    const { queuedOfMember, queuedInPool } = this.#limits;
    const retryAfterMs = Math.min(maxRetryMs, Math.max(usualRetryMs, lastWaitMs));
    if (queue.waitingOf(team, member) >= queuedOfMember)
      return { ok: false, full: 'member', most: queuedOfMember, retryAfterMs };
    return queue.size >= queuedInPool ? { ok: false, full: 'pool', most: queuedInPool, retryAfterMs } : undefined;
  }

  #poolOf(name: string): Pool {
    const known = this.#pools.get(name);
    if (known) return known;
    const pool = { queue: new FairQueue<Ticket>(), lastWaitMs: 0 };
    this.#pools.set(name, pool);
    return pool;
  }
}

/** Of deployments that are long gone. */
const maxPools = 200;

/** A member without a team is a team of one. */
function sharesOf({ member, team }: Grant): Pick<Waiting, 'team' | 'weight' | 'member'> {
  const name = member.team === undefined ? `member ${member.name}` : `team ${member.team}`;
  return { team: name, weight: team?.weight ?? 1, member: member.name };
}
