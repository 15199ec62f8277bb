// Whether all nodes have the same engine. vLLM does not look: ranks of different versions hang, or compute something else. Pure.

import type { EngineFailure } from '@fairlead/engines/failures';

export interface NodeVersion {
  /** `host (rank n)` */
  name: string;
  /** Undefined where it is not known. */
  version: string | undefined;
}

/** Undefined while no two known versions differ. */
export function versionsDiffer(leader: NodeVersion, other: NodeVersion): EngineFailure | undefined {
  if (leader.version === undefined || other.version === undefined || leader.version === other.version) return undefined;
  return {
    message: `${other.name} has version ${other.version} of the engine, and ${leader.name} has ${leader.version}: the parts of one engine need the same`,
    hint: 'Give all nodes one environment: `engines.<engine>.command` with a path on a file system that they share. A node that is out of step can be left out: `slurm.override={exclude: <node>}`.',
    fatal: true,
    lastLines: [],
    ownCause: true,
  };
}
