// Finds the addresses at which the nodes of a job reach each other, by names and routes. A host's own name may lead to 127.0.1.1,
// and a host has several interfaces: what counts is the address of this host on the way to the other.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { lookup } from 'node:dns/promises';
import { isIP, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { errnoOf } from '@fairlead/kit';

/** Where a worker may reach the leader, in the order in which it tries. */
export async function leaderAddresses(host: string, launchAddress: string | undefined): Promise<string[]> {
  const named = await lookUp(host);
  return [...new Set([...named, ...(launchAddress === undefined ? [] : [launchAddress])])];
}

/** The addresses of this host, the leader, at which the others look for it. Empty while no name can be resolved. */
export async function facingAddresses({
  hosts,
  launchAddress,
}: {
  hosts: readonly string[];
  launchAddress?: string;
}): Promise<string[]> {
  const [own = '', ...others] = hosts;
  const theirs = (await Promise.all(others.map(lookUp))).flat();
  const routed = await Promise.all(theirs.map(localAddressTo));
  const mine = new Set(ownInterfaces().map(({ address }) => address));
  const named = [...(await lookUp(own)), launchAddress].filter((address) => address !== undefined && mine.has(address));
  return [...new Set([...routed, ...named])].filter((address) => address !== undefined);
}

/** Undefined for an address that no interface of this host has. */
export function interfaceOf(address: string): string | undefined {
  return ownInterfaces().find((one) => one.address === address)?.name;
}

function ownInterfaces(): Array<{ name: string; address: string }> {
  return Object.entries(networkInterfaces()).flatMap(([name, all = []]) =>
    all.map(({ address }) => ({ name, address })),
  );
}

/** Without loopback and link-local addresses, which another host cannot use, unless the name is itself an address. */
async function lookUp(host: string): Promise<string[]> {
  if (isIP(host) !== 0) return [host];
  try {
    const found = await lookup(host, { all: true });
    return found.map(({ address }) => address).filter((address) => !/^(127\.|169\.254\.|::1$|fe80:)/i.test(address));
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return [];
  }
}

/** No packet is sent. Undefined where there is no route. */
async function localAddressTo(address: string): Promise<string | undefined> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  try {
    socket.connect(anyPort, address);
    await once(socket, 'connect');
    return socket.address().address;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  } finally {
    socket.close();
  }
}

/** The kernel picks the route by the address alone. */
const anyPort = 9;
