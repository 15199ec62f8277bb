/** Why an engine ended, as far as its exit and its last lines tell. */
export interface EngineFailure {
  message: string;
  hint?: string;
  /** Another start would fail in the same way. */
  fatal: boolean;
  lastLines: string[];
  /** The entry of the catalogue that knows it. */
  known?: string;
}
