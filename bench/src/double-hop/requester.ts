// One way to send a request and receive the answer as bytes. The bench measures only these bytes.

export interface TimedRequest {
  body: Uint8Array;
  /** Whether to use the connection again, if the other side keeps it open. */
  keep: boolean;
  expect: number;
  /** Called at once for each piece of the answer, including its head where the requester sees one. */
  onData: (piece: Uint8Array) => void;
  /** Cuts the request; `send` then resolves. */
  signal?: AbortSignal;
}

export interface Requester extends AsyncDisposable {
  /** Resolves at the end of the answer. Rejects when there is no answer, or one with another status. */
  send(request: TimedRequest): Promise<void>;
}
