// Which host key ssh has believed: its log names the fingerprint, the pins or the known_hosts files have the key.

import { readFile } from 'node:fs/promises';

import { errnoOf } from '@fairlead/kit';

import { knownHostsName, matchKnownHosts, parseKnownHosts } from '../host-key/known-hosts.ts';
import { type HostKey, parseHostKeyLine } from '../host-key/host-key.ts';
import { type SshTarget, targetLabel } from '../ssh-target.ts';
import { tunnelError } from '../tunnel-error.ts';
import { presentedKey } from './login-error.ts';
import type { SystemLogin } from './system-login.ts';

/** ssh has checked it already; a key that is not found here is refused all the same. */
export async function hostKeyOf(target: SshTarget, login: SystemLogin, said: string): Promise<HostKey> {
  const presented = presentedKey(said);
  const found = (await keysOnFile(target, login)).find((key) => key.fingerprint === presented?.fingerprint);
  if (found) return found;
  const label = targetLabel(target);
  const got = presented ? `${presented.type} ${presented.fingerprint}` : 'none';
  if (target.hostKeys.kind === 'pinned') {
    throw tunnelError(
      'host_key_changed',
      `cannot trust ${label} because its host key is none of the pinned ones: got ${got}`,
    );
  }
  throw tunnelError('host_key_unknown', `cannot trust ${label} because its host key is in no file: got ${got}`, {
    hint: `Only a host certificate or a command vouches for it, and jobs need the key itself: compare the fingerprint with what the site publishes, then add the key (ssh-keyscan ${target.host} >> ~/.ssh/known_hosts).`,
  });
}

async function keysOnFile({ hostKeys, ...target }: SshTarget, { settings }: SystemLogin): Promise<HostKey[]> {
  if (hostKeys.kind === 'pinned') return pinnedKeys(hostKeys.keys);
  return filedKeys(target, { files: hostKeys.files, alias: hostKeys.alias ?? settings.hostKeyAlias });
}

export function pinnedKeys(lines: readonly string[]): HostKey[] {
  return lines.map(parseHostKeyLine).filter((key) => key !== undefined);
}

/** The keys that known_hosts files have for a host, the most modern first. */
export async function filedKeys(
  { host, port }: Pick<SshTarget, 'host' | 'port'>,
  { files, alias }: { files: readonly string[]; alias: string | undefined },
): Promise<HostKey[]> {
  const entries = (await Promise.all(files.map(async (file) => parseKnownHosts(await read(file), file)))).flat();
  const names = alias === undefined ? [knownHostsName(host, port), knownHostsName(host, 22)] : [alias];
  return names
    .flatMap((name) => matchKnownHosts(entries, name))
    .filter((entry) => entry.marker === undefined)
    .map((entry) => parseHostKeyLine(`${entry.keyType} ${entry.base64}`))
    .filter((key) => key !== undefined)
    .toSorted((a, b) => ORDER.indexOf(a.type) - ORDER.indexOf(b.type));
}

const ORDER = [
  'ssh-rsa',
  'ecdsa-sha2-nistp521',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp256',
  'ssh-ed25519',
].toReversed();

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return '';
    throw tunnelError('key_unreadable', `cannot read the known hosts in ${file}`, { cause: error });
  }
}
