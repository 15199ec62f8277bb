// Reaches an address by the carrier of its kind.

import { CodedError } from '@fairlead/kit';
import type { EndpointAddress } from '@fairlead/protocol';

import type { Reach, Reacher } from './carrier.ts';
import type { ReachErrorCode } from './carrier-error.ts';

/** `reachers`: the kinds that this program has, a line for each. The caller disposes what they stand on. */
export function createReach(reachers: readonly Reacher[]): Reach {
  const byKind = new Map(reachers.map((reacher) => [reacher.kind, reacher]));
  const pick = (address: EndpointAddress): Reacher => {
    const reacher = byKind.get(address.kind);
    if (reacher) return reacher;
    throw new CodedError<ReachErrorCode>(
      'path_broken',
      `cannot reach the instance because it is offered by a carrier that this program does not have: got ${JSON.stringify(address.kind)}`,
      { hint: 'Install the newest Fairlead on this machine.' },
    );
  };
  return {
    ready: async (address) => pick(address).ready(address),
    reach: async (address, options) => pick(address).reach(address, options),
  };
}
