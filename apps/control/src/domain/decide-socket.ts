// What to do with one file of the run directory: leave it, dial it, put it aside, or unlink it. Pure; touches no file.

import { firstGeneration, type SocketKind } from '@fairlead/protocol';

import { type Life, restartOf } from './records.ts';

export type SocketOwner =
  | { kind: 'current'; life: Life; linkedGeneration: number | undefined }
  /** An instance whose deployment another one serves now, as far as this control knows since so long. */
  | { kind: 'former'; forMs: number }
  | { kind: 'unknown' };

export interface SocketFacts {
  kind: SocketKind;
  generation: number;
  owner: SocketOwner;
  /** Since this control first saw the file. */
  ageMs: number;
  /** Since dialling it began to fail without a proven agent in between; undefined while it does not. */
  failing: { forMs: number; times: number } | undefined;
  leaseMs: number;
}

/**
 * `park`: out of clients' way, for a frozen tunnel's socket accepts and hangs; not gone, for if only the control connection
 * was cut, the agent comes back and answers at this very socket.
 */
export type SocketDecision = 'keep' | 'dial' | 'park' | 'unlink';

/** So many failures, besides the time, before a silent control socket counts as stale: time alone also passes while we are suspended. */
const STALE_AFTER_FAILURES = 3;

export function decideSocket(facts: SocketFacts): SocketDecision {
  const settled = facts.ageMs > facts.leaseMs;
  const control = facts.kind === 'control';
  switch (facts.owner.kind) {
    case 'unknown':
      return settled ? 'unlink' : 'keep';
    case 'former':
      // Its agent is told that it is fenced, so that the job ends.
      return control && facts.owner.forMs <= facts.leaseMs ? 'dial' : 'unlink';
    case 'current':
      return control
        ? decideControl(facts, facts.owner.life, facts.owner.linkedGeneration)
        : decideData(facts, facts.owner.life, settled);
  }
}

function decideControl(facts: SocketFacts, life: Life, linked: number | undefined): SocketDecision {
  if (facts.generation < firstGeneration(restartOf(life))) return 'unlink';
  if (linked !== undefined && facts.generation < linked) return 'unlink';
  if (life.phase === 'ended' && life.by === 'agent') {
    // A restarted job opens sockets of later generations before it says hello.
    return facts.generation < firstGeneration(restartOf(life) + 1) ? 'unlink' : 'dial';
  }
  const { failing } = facts;
  const stale = failing !== undefined && failing.times >= STALE_AFTER_FAILURES && failing.forMs > facts.leaseMs;
  return stale ? 'unlink' : 'dial';
}

/** How long a lost agent's data socket waits for it, in leases. */
const PARKED_LEASES = 20;

/** What to do with a data socket that was put aside. */
export function decideParked(
  facts: Pick<SocketFacts, 'generation' | 'owner' | 'ageMs' | 'leaseMs'>,
): 'keep' | 'unlink' {
  const { generation, owner } = facts;
  if (owner.kind !== 'current' || owner.life.phase === 'ended' || generation <= owner.life.retired) return 'unlink';
  const { life } = owner;
  // Back, and already answering elsewhere.
  if (life.phase === 'attended' && life.generation !== undefined) return 'unlink';
  return facts.ageMs > PARKED_LEASES * facts.leaseMs ? 'unlink' : 'keep';
}

function decideData(facts: SocketFacts, life: Life, settled: boolean): SocketDecision {
  if (facts.generation <= life.retired || facts.generation < firstGeneration(restartOf(life))) return 'unlink';
  if (life.phase === 'attended')
    return life.generation !== undefined && facts.generation < life.generation ? 'unlink' : 'keep';
  if (life.phase === 'waiting') return 'keep';
  if (life.phase === 'lost' && facts.generation === life.generation) return 'park';
  // Of a lost or ended instance: a socket that is new may belong to an agent that is about to say hello.
  return settled ? 'unlink' : 'keep';
}
