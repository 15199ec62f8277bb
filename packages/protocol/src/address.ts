// Where an endpoint is reached, by the kind of carrier that leads to it.

import { z } from 'zod';

import { boundedText, PATH_LENGTH } from './bounds.ts';
import { generation } from './ids.ts';

const BASTION_SOCKET = 'bastion-socket';

/** `socket` is a path on the bastion. */
export const bastionSocketAddress = z.object({ kind: z.literal(BASTION_SOCKET), socket: boundedText(PATH_LENGTH) });
export type BastionSocketAddress = z.infer<typeof bastionSocketAddress>;

/** Of a carrier that this version does not know: it can be listed and not reached. */
const otherAddress = z
  .object({ kind: boundedText(64) })
  .refine(({ kind }) => kind !== BASTION_SOCKET, { error: 'a bastion socket has a path', path: ['socket'] });

export const endpointAddress = z.union([bastionSocketAddress, otherAddress]);
export type EndpointAddress = z.infer<typeof endpointAddress>;

export function isBastionSocket(address: EndpointAddress): address is BastionSocketAddress {
  return address.kind === BASTION_SOCKET;
}

/** An endpoint of an instance. Valid for one generation of its tunnel. */
export const endpointRef = z.object({ generation, address: endpointAddress });
export type EndpointRef = z.infer<typeof endpointRef>;

/** One for each carrier that leads to the instance. */
export const endpointRefs = z.array(endpointRef).max(64);
