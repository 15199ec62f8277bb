// A failure of an engine that is recognized by its last lines, and its cure. The data lies in known-failures.ts and known-node-failures.ts.

/** What a cure may have to name. */
export interface EngineSurroundings {
  /** The job's CUDA_VISIBLE_DEVICES. */
  gpus: string;
  /** The node's network interfaces but the loopback. */
  interfaces: readonly string[];
}

export interface KnownFailure {
  pattern: RegExp;
  hint: string | ((surroundings: EngineSurroundings) => string);
  /** Another start on the same node with the same command ends in the same way. */
  fatal: boolean;
}
