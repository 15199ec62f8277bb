// What an exchange is given: its request, and the connection of its client.

import type { Duplex } from 'node:stream';

import type { ApiRoute, Dialect, Interpreted, RequestHead } from '@fairlead/openai-wire';

import type { Grant } from '../accounts/account-records.ts';

export interface ExchangeRequest {
  head: RequestHead;
  interpreted: Interpreted;
  route: ApiRoute;
  dialect: Dialect;
  grant: Grant;
  requestId: string;
}

/** The connection, as an exchange uses it. */
export interface ExchangeClient {
  /** An upstream is to pause until `resumeAnswer`. */
  readonly isFull: boolean;
  write(bytes: Buffer): void;
  /** The head of a client that waits with its body. */
  askForBody(): void;
  /** The answer is over. `keepAlive`: the next request may come. */
  finish(keepAlive: boolean, lingering: Duplex | undefined): void;
  /** The last bytes; the client's side is read on for a while. */
  close(bytes: Buffer): void;
  /** The last bytes, behind which the connection is destroyed: no client may take this for a clean end. */
  breakOff(bytes: Buffer | undefined): void;
  drop(): void;
}

/** For the record of what was used. */
export function whoAsked({ grant: { member, key }, route, requestId }: ExchangeRequest) {
  return { requestId, member: member.name, team: member.team, keyId: key.id, route: route.path };
}
