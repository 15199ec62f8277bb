// The addresses that the name service of this machine has for a host.

import { lookup } from 'node:dns/promises';

import { errnoOf } from '@fairlead/kit';

/** The words of the name service where it has none, or does not answer. */
export async function lookUp(host: string): Promise<{ addresses: string[] } | { error: Error }> {
  try {
    const found = await lookup(host, { all: true });
    return { addresses: found.map(({ address }) => address) };
  } catch (error) {
    if (!(error instanceof Error) || errnoOf(error) === undefined) throw error;
    return { error };
  }
}
