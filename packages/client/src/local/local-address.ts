// Where the local port listens, and what a program on this machine calls it.

import { isIP, isIPv6 } from 'node:net';

import { CodedError } from '@fairlead/kit';

import type { ClientErrorCode } from '../client-error.ts';

export const loopback = '127.0.0.1';

/** Throws `bind_invalid` for what is no address. */
export function parseBind(given: string | undefined): string {
  const address = (given ?? loopback).trim().replace(/^\[(.*)\]$/, '$1');
  if (address === 'localhost') return loopback;
  if (isIP(address) !== 0) return address;
  throw new CodedError<ClientErrorCode>(
    'bind_invalid',
    `cannot listen on "${given}" because that is no IP address of this machine`,
    {
      hint: 'Give one of its addresses (`ip -brief address`), such as 172.17.0.1 for Docker containers, or 0.0.0.0 for all of them.',
    },
  );
}

/** Whether programs on other machines, or in containers, may get there. */
export function isOpenToOthers(address: string): boolean {
  return !address.startsWith('127.') && !['::1', '[::1]', 'localhost'].includes(address);
}

/** `http://host:port` as a program on this machine reaches it. */
export function localUrl(address: string, port: number): string {
  if (address === '0.0.0.0' || address === '::') return `http://${loopback}:${port}`;
  return `http://${isIPv6(address) ? `[${address}]` : address}:${port}`;
}

/** A bound address and port in a message. */
export function addressText(address: string, port: number): string {
  return `${isIPv6(address) ? `[${address}]` : address}:${port}`;
}
