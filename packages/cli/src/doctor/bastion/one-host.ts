// Whether the bastion's name is one machine: sockets on one host are not there on another.

import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

import { errnoOf, errorText } from '@fairlead/kit';
import { openSsh, type SshConnection, type SshTarget } from '@fairlead/ssh';

import { fail, type Finding, passed, warn } from '../check.ts';
import { withoutQuestions } from '../../ssh/without-questions.ts';
import { connectionOf, type Inspection } from '../inspection.ts';

export interface HostSeen {
  address: string;
  /** The machine's own name and the id of its boot; else why it was not reached. */
  host?: string;
  bootId?: string;
  error?: string;
}

const maxAddresses = 4;
const whoScript =
  'uname -n; cat /proc/sys/kernel/random/boot_id 2>/dev/null || sysctl -n kern.bootsessionuuid 2>/dev/null || echo unknown';

export async function askOneHost(inspection: Inspection, signal: AbortSignal): Promise<Finding> {
  const target = await inspection.bastion.target();
  const profile = await inspection.profile();
  const addresses = (await addressesOf(target)).slice(0, maxAddresses);
  if (addresses.length < 2) {
    const seen = await whoIs(inspection, target.host, async () => askWho(await connectionOf(inspection), signal));
    return judgeOneHost(target.host, [seen], profile?.bastion.host);
  }
  const seen: HostSeen[] = [];
  for (const address of addresses)
    seen.push(await whoIs(inspection, address, () => askAt(withoutQuestions(atAddress(target, address)), signal)));
  return judgeOneHost(target.host, seen, profile?.bastion.host);
}

/** `pinned`: the host that `fairlead init` wrote down. */
export function judgeOneHost(name: string, seen: readonly HostSeen[], pinned: string | undefined): Finding {
  const reached = seen.filter(({ host }) => host !== undefined);
  const machines = [...new Set(reached.map(({ host, bootId }) => `${host} ${bootId}`))];
  const names = [...new Set(reached.map(({ host }) => host))];
  if (machines.length > 1)
    return fail(
      `${name} is ${machines.length} machines: ${reached.map(({ address, host }) => `${address} is ${host}`).join(', ')}`,
      `Name one of them itself in bastion.fromLaptop.host (and bastion.fromCluster.host), such as ${pinned ?? names[0]}, then run \`fairlead init\`.`,
    );
  if (pinned !== undefined && reached.length > 0 && names[0] !== pinned)
    return fail(
      `${name} is ${names[0]} now, and the sockets are on ${pinned}`,
      `Name ${pinned} itself in bastion.fromLaptop.host, or run \`fairlead init\` to move to ${names[0]}.`,
    );
  const lost = seen.filter(({ error }) => error !== undefined);
  if (lost.length > 0)
    return warn(
      `${name} has ${seen.length} addresses, and not all could be compared: ${lost.map(({ address, error }) => `${address}: ${error}`).join('; ')}`,
      'If these are several machines, name one of them itself in bastion.fromLaptop.host.',
    );
  return passed(`${name} is one machine, ${names[0]}`);
}

/** None for an address, for a name that only ssh or a jump host knows, and for one that no longer resolves. */
async function addressesOf(target: SshTarget): Promise<string[]> {
  if (target.jump || isIP(target.host) !== 0) return [];
  try {
    return [...new Set((await lookup(target.host, { all: true })).map(({ address }) => address))];
  } catch (error) {
    if (errnoOf(error) === 'ENOTFOUND' || errnoOf(error) === 'EAI_AGAIN') return [];
    throw error;
  }
}

/** The host keeps its name in known_hosts when it is called by its address. */
function atAddress(target: SshTarget, address: string): SshTarget {
  const { hostKeys } = target;
  const name = target.port === 22 ? target.host : `[${target.host}]:${target.port}`;
  return {
    ...target,
    host: address,
    hostKeys: hostKeys.kind === 'known-hosts' ? { ...hostKeys, alias: hostKeys.alias ?? name } : hostKeys,
  };
}

async function askAt(target: SshTarget, signal: AbortSignal): Promise<string> {
  await using connection = await openSsh({ ...target, connectTimeoutMs: 10_000 }, { signal });
  return askWho(connection, signal);
}

async function askWho(connection: SshConnection, signal: AbortSignal): Promise<string> {
  return (await connection.run(whoScript, { signal, timeoutMs: 10_000 })).stdout;
}

async function whoIs(inspection: Inspection, address: string, ask: () => Promise<string>): Promise<HostSeen> {
  try {
    const [host = '', bootId = ''] = (await ask()).trim().split('\n').slice(-2);
    return { address, host, bootId };
  } catch (error) {
    inspection.context.signal.throwIfAborted();
    return { address, error: errorText(error) };
  }
}
