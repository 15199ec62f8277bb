// One way to send a request and hear the answer, byte by byte. What is measured is told by these bytes alone.

export interface Exchange {
  body: Uint8Array;
  /** Whether the connection may be used again, where the other side keeps it too. */
  keep: boolean;
  expect: number;
  /** Called at once for each piece of the answer, its head included where there is one to see. */
  onData: (piece: Uint8Array) => void;
  /** Cuts the request; `exchange` resolves then. */
  signal?: AbortSignal;
}

export interface Carrier extends AsyncDisposable {
  /** Resolves at the end of the answer. Rejects when there is none, or another status. */
  exchange(exchange: Exchange): Promise<void>;
}
