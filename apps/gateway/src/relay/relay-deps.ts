// What a connection of a client needs of the gateway that holds it.

import type { Duplex } from 'node:stream';

import type { Clock, Log } from '@fairlead/kit';

import type { FairAdmission } from '../admission/fair-admission.ts';
import type { AccountServer } from '../accounts/account-server.ts';
import type { GuessGuard } from '../accounts/guess-guard.ts';
import type { KeyBook } from '../accounts/key-book.ts';
import type { Ledger } from '../limits/ledger.ts';
import type { Contexts } from '../routing/follow-contexts.ts';
import type { Offer } from '../routing/offer.ts';
import type { Router } from '../routing/router.ts';
import type { UsageRecord } from '../usage/usage-record.ts';
import type { BodyRoom } from './body-room.ts';
import type { RelayLimits } from './relay-limits.ts';

export interface RelayDeps {
  limits: RelayLimits;
  clock: Clock;
  random: () => number;
  /** Unique. */
  createRequestId: () => string;
  keys: Pick<KeyBook, 'check' | 'recheck'>;
  ledger: Pick<Ledger, 'reserve' | 'settle' | 'leftOf'>;
  router: Router;
  /** A new channel to the front of an instance, which the caller closes. Rejects where there is none, and when aborted. */
  reach: (offer: Offer, signal: AbortSignal) => Promise<Duplex>;
  /** Told of each request with a good key when it is over. `onKept`: to be called once, when the record can no longer be lost; the client gets the last bytes then. */
  onSettled: (record: UsageRecord, onKept?: () => void) => void;
  /** Takes the requests of members about their accounts; absent: there are no such routes. */
  accounts?: Pick<AccountServer, 'take'> | undefined;
  /** Absent: not known. */
  contextOf?: Contexts['contextOf'];
  log: Log;
}

/** What its connections share beside that. */
export interface RelayConnectionDeps extends RelayDeps {
  admission: FairAdmission;
  bodies: Pick<BodyRoom, 'take' | 'give'>;
  guesses: Pick<GuessGuard, 'note'>;
}
