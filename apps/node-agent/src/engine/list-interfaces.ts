// The network interfaces of this host, without the loopback.

import { networkInterfaces } from 'node:os';
import { errnoOf } from '@fairlead/kit';

/** Their names. Empty where the host does not tell them. */
export function listInterfaces(): string[] {
  return Object.keys(readInterfaces());
}

/** Each with its first address: `ib0 10.50.0.2`. An address that is good for one link alone says nothing. */
export function listAddresses(): string[] {
  return Object.entries(readInterfaces()).flatMap(([name, addresses = []]) => {
    const [first] = addresses.filter(({ address }) => !address.startsWith('fe80:'));
    return first ? [`${name} ${first.address}`] : [];
  });
}

function readInterfaces(): ReturnType<typeof networkInterfaces> {
  try {
    const all = Object.entries(networkInterfaces());
    return Object.fromEntries(all.filter(([name]) => name !== 'lo' && !name.startsWith('lo:')));
  } catch (error) {
    // A sandbox that forbids the question: the cure is told without the names.
    if (errnoOf(error) !== 'ERR_SYSTEM_ERROR') throw error;
    return {};
  }
}
