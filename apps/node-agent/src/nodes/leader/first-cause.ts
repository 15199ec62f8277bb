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

/** The first that is no consequence of another part's end. Undefined: the part that is the cause has not told of its end yet. */
export function findCause(failures: readonly PartFailure[]): EngineFailure | undefined {
  return failures.find(({ failure }) => failure.peer === undefined)?.failure;
}

/** What is told where no cause has come: the part that the first failure names, or else that failure itself. */
export function accusePeer(failures: readonly PartFailure[], { rankAt, nameOf }: PartNames): EngineFailure | undefined {
  const [first] = failures;
  if (!first) return undefined;
  const { rank, failure } = first;
  const peer = failure.peer?.address === undefined ? undefined : rankAt(failure.peer.address);
  if (peer === undefined || peer === rank) return failure;
  return {
    ...failure,
    message: `${nameOf(peer)} has closed its connections, and its part of the engine has not told why: ${failure.message}`,
  };
}
