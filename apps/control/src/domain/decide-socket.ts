// What the dialler does with one socket file of the run directory: keep, dial, park or unlink. Pure; touches no file.
//
// A file is unlinked only when its agent can no longer answer at it, or no longer may: sshd does not make the file again while
// the tunnel that listens on it lives.

import { firstGeneration, type SocketKind } from '@fairlead/protocol';

import { type Life, restartOf } from './records.ts';

/** What control knows of the instance in the file's name. */
export type SocketOwner =
  /** The instance that serves its deployment now. `linkedGeneration`: of the control socket over which its agent is connected. */
  | { kind: 'current'; life: Life; linkedGeneration: number | undefined }
  /** Another instance has replaced it. `forMs`: since this control process learned that. */
  | { kind: 'former'; forMs: number }
  /** Control has no record of it. */
  | { kind: 'unknown' };

export interface SocketFacts {
  kind: SocketKind;
  generation: number;
  owner: SocketOwner;
  /** Time since this control process first saw the file. */
  ageMs: number;
  /**
   * The failed dials since an agent last proved itself at this socket: how many, and the time since the first of them.
   * Undefined where there was none.
   */
  failing: { forMs: number; times: number } | undefined;
  leaseMs: number;
}

/**
 * - `keep`: the file stays as it is.
 * - `dial`: control connects to it, where it is not connected already. Control sockets only.
 * - `park`: the file is moved to a directory that no client looks into, and back when its agent returns. Data sockets only.
 *   A frozen tunnel's socket accepts connections and never answers, so clients must not find it. Where only the control
 *   connection was cut, the agent returns and serves at this socket, so it must not be deleted.
 * - `unlink`: the file is deleted.
 */
export type SocketDecision = 'keep' | 'dial' | 'park' | 'unlink';

/** Failures needed, besides a lease's time, before a control socket counts as stale: time alone also passes while this machine is suspended. */
const minStaleFailures = 3;

export function decideSocket(facts: SocketFacts): SocketDecision {
  // A file younger than a lease is not deleted merely because control cannot explain it yet.
  const settled = facts.ageMs > facts.leaseMs;
  const control = facts.kind === 'control';
  switch (facts.owner.kind) {
    case 'unknown':
      return settled ? 'unlink' : 'keep';
    case 'former':
      // For one lease control still dials the replaced agent, to tell it that it is fenced: its job then ends.
      return control && facts.owner.forMs <= facts.leaseMs ? 'dial' : 'unlink';
    case 'current':
      return control
        ? decideControl(facts, facts.owner.life, facts.owner.linkedGeneration)
        : decideData(facts, facts.owner.life, settled);
  }
}

function decideControl(facts: SocketFacts, life: Life, linked: number | undefined): SocketDecision {
  // Of an earlier start of the job.
  if (facts.generation < firstGeneration(restartOf(life))) return 'unlink';
  // The agent is connected over a newer one.
  if (linked !== undefined && facts.generation < linked) return 'unlink';
  if (life.phase === 'ended' && life.by === 'agent') {
    // The agent has said that it ends. Only a restarted job's agent, which has later generations, is dialled.
    return facts.generation < firstGeneration(restartOf(life) + 1) ? 'unlink' : 'dial';
  }
  const { failing } = facts;
  const stale = failing !== undefined && failing.times >= minStaleFailures && failing.forMs > facts.leaseMs;
  return stale ? 'unlink' : 'dial';
}

/** How long a parked data socket is kept for its lost agent, in leases. */
const maxParkedLeases = 20;

/** What the dialler does with a parked data socket. The agent desk moves it back when the agent reports it. */
export function decideParked(
  facts: Pick<SocketFacts, 'generation' | 'owner' | 'ageMs' | 'leaseMs'>,
): 'keep' | 'unlink' {
  const { generation, owner } = facts;
  if (owner.kind !== 'current' || owner.life.phase === 'ended' || generation <= owner.life.retired) return 'unlink';
  const { life } = owner;
  // The agent has returned and serves at another socket.
  if (life.phase === 'attended' && life.generation !== undefined) return 'unlink';
  return facts.ageMs > maxParkedLeases * facts.leaseMs ? 'unlink' : 'keep';
}

function decideData(facts: SocketFacts, life: Life, settled: boolean): SocketDecision {
  if (facts.generation <= life.retired || facts.generation < firstGeneration(restartOf(life))) return 'unlink';
  if (life.phase === 'attended')
    return life.generation !== undefined && facts.generation < life.generation ? 'unlink' : 'keep';
  if (life.phase === 'waiting') return 'keep';
  // The socket at which the lost agent served.
  if (life.phase === 'lost' && facts.generation === life.generation) return 'park';
  // Another socket of a lost or ended instance: while it is new, it may belong to an agent that is about to say hello.
  return settled ? 'unlink' : 'keep';
}
