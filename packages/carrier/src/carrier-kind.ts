// One kind of carrier as programs take it from the list in carrier-kinds.ts.

import type { Clock, Log } from '@fairlead/kit';
import type { EndpointAddress } from '@fairlead/protocol';
import type { Route, RouteMemory } from '@fairlead/ssh';

import type { BastionLink } from './bastion-socket/bastion-link.ts';
import type { Offerer, Reacher } from './carrier.ts';

/** What a job knows when it offers itself. */
export interface OffererDeps {
  /** To the bastion, in the order of preference. */
  routes: readonly Route[];
  routeMemory: RouteMemory;
  /** The bastion's own hostname, as recorded at `init`. */
  expectedHost: string;
  clock: Clock;
  log: Log;
  /** In [0, 1). */
  random: () => number;
}

/** What a consumer has when it reaches instances. */
export interface ReacherDeps {
  /** Its connection to the bastion. The consumer disposes it. */
  link: BastionLink;
}

/** A line of the list in carrier-kinds.ts. Its folder also has `testing/under-test.ts`, a world for the contract. */
export interface CarrierKind<Address extends EndpointAddress = EndpointAddress> {
  /** Of its addresses. */
  readonly kind: string;
  /** Opens nothing. */
  createOfferer(deps: OffererDeps): Offerer<Address>;
  /** Opens nothing. */
  createReacher(deps: ReacherDeps): Reacher;
}
