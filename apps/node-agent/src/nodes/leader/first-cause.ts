// Of the parts of an engine that fail in the same moment: which of them is the cause. Pure.

import type { EngineFailure } from '@fairlead/engines/failures';

/** A part of the engine that has failed. */
export interface PartFailure {
  rank: number;
  failure: EngineFailure;
}

export interface PartNames {
  /** Undefined where no node of the job is known to have this address. */
  rankAt: (address: string) => number | undefined;
  nameOf: (rank: number) => string;
}

/** The first that began on its own node. Undefined: the part that is the cause may not have told of its end yet. */
export function findCause(failures: readonly PartFailure[]): EngineFailure | undefined {
  return failures.find(({ failure }) => failure.ownCause === true)?.failure;
}

/**
 * What is told where none of them began on its own node: the node that the first failure names, or else a part on another node than the
 * leader's, whose part fails with any other.
 */
export function accusePeer(failures: readonly PartFailure[], { rankAt, nameOf }: PartNames): EngineFailure | undefined {
  const accusing = failures.find(({ failure }) => failure.peer?.address !== undefined);
  const peer = rankAt(accusing?.failure.peer?.address ?? '');
  if (accusing === undefined || peer === undefined || peer === accusing.rank)
    return (failures.find(({ rank }) => rank !== 0) ?? failures[0])?.failure;
  const { failure } = accusing;
  return {
    ...failure,
    message: `${nameOf(peer)} has closed its connections, and its part of the engine has not told why: ${failure.message}`,
  };
}
