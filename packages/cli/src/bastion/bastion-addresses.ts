// Names and addresses by which other hosts may reach the bastion, as the bastion knows them: the address of this login
// (SSH_CONNECTION), its full name, the addresses of its networks.

import { isIP } from 'node:net';

import { isCodedError } from '@fairlead/kit';

import type { Host } from '@fairlead/launch';

export interface Address {
  host: string;
  port: number;
}

const script = `
set -- $SSH_CONNECTION
echo "called=$3 $4"
echo "name=$(hostname -f 2>/dev/null || hostname 2>/dev/null || uname -n)"
echo "all=$(hostname -I 2>/dev/null)"
`;

/** A host in many networks (containers, fabrics) has dozens of addresses; the useful ones come first. */
const maxShown = 12;

/** Empty where the bastion cannot be asked: the addresses are only suggestions. Rejects when the signal fires. */
export async function askAddresses(host: Host, signal: AbortSignal): Promise<Address[]> {
  try {
    const { stdout } = await host.runner.run(['sh', '-c', script], { signal, timeoutMs: 15_000 });
    return parseAddresses(stdout);
  } catch (error) {
    signal.throwIfAborted();
    if (isCodedError(error)) return [];
    throw error;
  }
}

/** Pure. The port is that of the login: sshd mostly listens on it everywhere. */
export function parseAddresses(text: string): Address[] {
  const value = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1]?.trim() ?? '';
  const [called = '', port = '22'] = value('called').split(/\s+/);
  const hosts = [value('name'), called, ...value('all').split(/\s+/)].filter((host) => isUsable(host));
  return [...new Set(hosts)].slice(0, maxShown).map((host) => ({ host, port: Number(port) || 22 }));
}

function isUsable(host: string): boolean {
  if (isIP(host) === 0) return /^[A-Za-z0-9][A-Za-z0-9.-]*$/.test(host) && !/^localhost/i.test(host);
  return !/^(?:127\.|169\.254\.|::1$|fe80:)/i.test(host);
}
