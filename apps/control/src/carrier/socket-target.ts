// One socket of an agent as the dialler knows it, and which of an instance's sockets are too many. Pure.

import type { Socket } from 'node:net';

import type { SocketOwner } from '../domain/decide-socket.ts';
import { type DialState, failingOf } from './dial-machine.ts';
import { byPromise, type DialCandidate, pickSurplus } from './dial-order.ts';

export interface SocketTarget {
  name: string;
  instanceId: string;
  generation: number;
  kind: 'data' | 'control';
  seenMs: number;
  dial: DialState;
  /** The connection, while the socket is dialled. */
  raw?: Socket;
}

/** `siblings`: all sockets of one instance. Returns those of `kind` that exceed the limit. */
export function surplusOf(siblings: Iterable<SocketTarget>, kind: SocketTarget['kind'], owner: SocketOwner) {
  const alike = [...siblings].filter((sibling) => sibling.kind === kind);
  const sockets = alike.map((target) => {
    return { target, ...candidateOf(target), isInUse: isInUse(target, owner) };
  });
  return pickSurplus(sockets).map(({ target }) => target);
}

/** Orders sockets of one instance as `byPromise` does. */
export function byPromiseOf(a: SocketTarget, b: SocketTarget): number {
  return byPromise(candidateOf(a), candidateOf(b));
}

/** The facts by which sockets are ordered. */
function candidateOf({ generation, dial }: SocketTarget): DialCandidate {
  return { generation, failures: failingOf(dial)?.times ?? 0 };
}

function isInUse({ kind, generation, dial }: SocketTarget, owner: SocketOwner): boolean {
  if (dial.status === 'proven') return true;
  if (owner.kind !== 'current') return false;
  if (kind === 'control') return owner.linkedGeneration === generation;
  return 'generation' in owner.life && owner.life.generation === generation;
}
