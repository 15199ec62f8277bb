// Which control socket is dialled next, and which socket files of one instance are too many. Pure.

/** Limit of simultaneous dials that are not proven yet: after a restart of control all agents wait to be dialled. */
export const maxUnproven = 64;
/** Dials of these that are reserved for instances whose agent has proved itself before. */
export const reservedForKnown = 16;
/** Sockets of one instance and one kind: a tunnel that breaks often leaves several behind until they count as stale. */
export const maxSockets = 8;

export interface DialCandidate {
  generation: number;
  failures: number;
}

/** Orders sockets: fewest failures first, then the newest. An agent that comes back makes a new socket. */
export function byPromise(a: DialCandidate, b: DialCandidate): number {
  return a.failures - b.failures || b.generation - a.generation;
}

/** Whether an instance's next socket may be dialled while so many others are being dialled. */
export function mayDial(unproven: number, isKnown: boolean): boolean {
  return unproven < (isKnown ? maxUnproven : maxUnproven - reservedForKnown);
}

/** The sockets of one instance and one kind that exceed maxSockets: those with the most failures, then the oldest. Never one with `isInUse`. */
export function pickSurplus<T extends DialCandidate & { isInUse: boolean }>(sockets: readonly T[]): T[] {
  if (sockets.length <= maxSockets) return [];
  const rest = sockets.filter(({ isInUse }) => !isInUse).toSorted(byPromise);
  return rest.slice(Math.max(0, maxSockets - (sockets.length - rest.length)));
}
