// Which control socket is dialled next, and which socket files of one instance are too many. Pure.

/** Dialled and not yet proven, at once: after a restart of control all agents are there to be dialled. */
export const MAX_UNPROVEN = 64;
/** Of these, places that only instances whose agent has proved itself before may take. */
export const KEPT_FOR_KNOWN = 16;
/** Of one kind: a tunnel that breaks often leaves some behind until they count as stale. */
export const MAX_SOCKETS = 8;

export interface Candidate {
  generation: number;
  failures: number;
}

/** The one that never failed before the others, then the newest: an agent that is back has a socket of its own, just made. */
export function byPromise(a: Candidate, b: Candidate): number {
  return a.failures - b.failures || b.generation - a.generation;
}

/** Whether an instance's next socket may be dialled while so many others are being dialled. */
export function mayDial(unproven: number, isKnown: boolean): boolean {
  return unproven < (isKnown ? MAX_UNPROVEN : MAX_UNPROVEN - KEPT_FOR_KNOWN);
}

/** Those of one instance and one kind that are given up, where it has more than its share. `isInUse`: stays in any case. */
export function pickSurplus<T extends Candidate & { isInUse: boolean }>(sockets: readonly T[]): T[] {
  if (sockets.length <= MAX_SOCKETS) return [];
  const rest = sockets.filter(({ isInUse }) => !isInUse).toSorted(byPromise);
  return rest.slice(Math.max(0, MAX_SOCKETS - (sockets.length - rest.length)));
}
