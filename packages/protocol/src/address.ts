// Where an endpoint is reached, by the kind of carrier that leads to it.

import { z } from 'zod';

import { boundedText, pathLength } from './bounds.ts';
import { generation } from './ids.ts';

const bastionSocket = 'bastion-socket';

/** `socket` is a path on the bastion. */
export const bastionSocketAddress = z.object({ kind: z.literal(bastionSocket), socket: boundedText(pathLength) });
export type BastionSocketAddress = z.infer<typeof bastionSocketAddress>;

const addressLength = 4096;

/** Of any other carrier. A program that has no carrier of this kind lists the address and passes it on unchanged. */
const otherAddress = z
  .looseObject({ kind: boundedText(64) })
  .refine(({ kind }) => kind !== bastionSocket, { error: 'a bastion socket has a path', path: ['socket'] })
  .refine((address) => JSON.stringify(address).length <= addressLength, { error: 'the address is too long' });

export const endpointAddress = z.union([bastionSocketAddress, otherAddress]);
export type EndpointAddress = z.infer<typeof endpointAddress>;

export function isBastionSocket(address: EndpointAddress): address is BastionSocketAddress {
  return address.kind === bastionSocket;
}

/** An endpoint of an instance. Valid for one generation of its tunnel. */
export const endpointRef = z.object({ generation, address: endpointAddress });
export type EndpointRef = z.infer<typeof endpointRef>;

/** One for each carrier that leads to the instance. */
export const endpointRefs = z.array(endpointRef).max(64);
