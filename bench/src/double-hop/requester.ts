// One way to send a request and hear the answer, byte by byte. What is measured is told by these bytes alone.

export interface TimedRequest {
  body: Uint8Array;
  /** Whether the connection may be used again, where the other side keeps it too. */
  keep: boolean;
  expect: number;
  /** Called at once for each piece of the answer, its head included where there is one to see. */
  onData: (piece: Uint8Array) => void;
  /** Cuts the request; `send` resolves then. */
  signal?: AbortSignal;
}

export interface Requester extends AsyncDisposable {
  /** Resolves at the end of the answer. Rejects when there is none, or another status. */
  send(request: TimedRequest): Promise<void>;
}
