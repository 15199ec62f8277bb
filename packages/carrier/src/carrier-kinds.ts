// The list of carriers. A carrier is a folder and a line here: agent, consumer and contract take it from this list.

import { bastionSocket } from './bastion-socket/bastion-socket.ts';
import type { CarrierKind } from './carrier-kind.ts';

/** The preferred one first. Consumers of an instance that is offered by several take the first of these. */
export const carrierKinds: readonly CarrierKind[] = [bastionSocket];
