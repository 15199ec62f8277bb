// An engine under contract, wherever it runs.

export interface ContractEngine {
  /** Its unix socket. */
  path: string;
  key: string;
  /** The folder of an adapter of rank 8, as the engine sees it. */
  adapter: string;
}
