// One socket of an agent as the dialler knows it, and which of an instance's sockets are too many. Pure.

import type { Socket } from 'node:net';

import type { SocketOwner } from '../domain/decide-socket.ts';
import { pickSurplus } from './dial-order.ts';

export interface SocketTarget {
  name: string;
  instanceId: string;
  generation: number;
  kind: 'data' | 'control';
  seenMs: number;
  dialling: 'no' | 'queued' | 'now' | 'proven' | 'waiting';
  failures: number;
  failingSinceMs: number | undefined;
  /** While it is dialled. */
  raw?: Socket;
}

/** Of `siblings`, the sockets of one instance, those of a kind that are given up. */
export function surplusOf(siblings: Iterable<SocketTarget>, kind: SocketTarget['kind'], owner: SocketOwner) {
  const alike = [...siblings].filter((sibling) => sibling.kind === kind);
  const sockets = alike.map((target) => {
    const { generation, failures } = target;
    return { target, generation, failures, isInUse: isInUse(target, owner) };
  });
  return pickSurplus(sockets).map(({ target }) => target);
}

function isInUse({ kind, generation, dialling }: SocketTarget, owner: SocketOwner): boolean {
  if (dialling === 'proven') return true;
  if (owner.kind !== 'current') return false;
  if (kind === 'control') return owner.linkedGeneration === generation;
  return 'generation' in owner.life && owner.life.generation === generation;
}
