// A failure that is recognized by an engine's last lines, and its cure. The data: known-node-failures.ts, and each engine's own.

/** What a cure may have to name. */
export interface EngineSurroundings {
  /** The engine's name, as in `engines.<name>`. */
  engine: string;
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
