// The carrier by sockets on the bastion: the job listens there through a tunnel, the consumer dials there over its own SSH connection.

import type { BastionSocketAddress } from '@fairlead/protocol';

import type { CarrierKind } from '../carrier-kind.ts';
import { createBastionOfferer } from './offer-at-bastion.ts';

export const bastionSocket: CarrierKind<BastionSocketAddress> = {
  kind: 'bastion-socket',
  createOfferer: createBastionOfferer,
  createReacher: ({ link }) => link,
};
