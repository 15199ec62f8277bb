// Which machine this is, and which of its boots: the state of local jobs may lie in a home that several machines share.

import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { isOutOfReach } from '@fairlead/kit';

export interface HostIdentity {
  name: string;
  /** Null where the system does not tell. */
  bootId: string | null;
}

export async function identifyHost(): Promise<HostIdentity> {
  return { name: nodeName(), bootId: await readBootId() };
}

/** As the machine calls itself, without its domain. */
export function nodeName(): string {
  return hostname().split('.')[0] || 'localhost';
}

async function readBootId(): Promise<string | null> {
  try {
    return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  } catch (error) {
    if (isOutOfReach(error)) return null;
    throw error;
  }
}
