/** The cause of an engine's end, as far as its exit and its last lines show it. */
export interface EngineFailure {
  message: string;
  hint?: string;
  /** Another start would fail in the same way. */
  fatal: boolean;
  lastLines: string[];
  /** The scheduler's names of nodes on which no engine can run. */
  badNodes?: string[];
  /** What ended it began with this engine's own processes, as far as its log says: not with those of another node. */
  ownCause?: boolean;
  /** The id of the catalogue's entry for it. */
  known?: string;
  /** It may be the consequence of the end of another part of the engine, which has this address where the log tells it. */
  peer?: { address?: string };
}
