// Sees one request on its way through the front, for a log of requests. It only looks: nothing that it does may hold a byte up.

import type { RequestHead } from '@fairlead/openai-wire';
import type { RequestRecord } from './request-record.ts';

export interface RequestTap {
  /** The head was read, whether or not the request is admitted. */
  head(head: RequestHead): void;
  /** A piece of the request's body. The buffer may not be kept. */
  toEngine(piece: Buffer): void;
  /** A piece of the engine's answer, its head included. The buffer may not be kept. */
  toClient(piece: Buffer): void;
  /** The last call: the request is over. */
  over(record: RequestRecord): void;
}
