// Finds the host key that ssh has accepted: its log has the fingerprint; the pinned keys or the known_hosts files have the key.

import { readFile } from 'node:fs/promises';

import { errnoOf } from '@fairlead/kit';

import { certifiedKey } from '../host-key/certified-key.ts';
import { knownHostsName, matchKnownHosts, parseKnownHosts } from '../host-key/known-hosts.ts';
import { type HostKey, parseHostKeyLine } from '../host-key/host-key.ts';
import { knownHostsUnreadable } from '../host-key/known-hosts-unreadable.ts';
import { type SshTarget, targetLabel } from '../ssh-target.ts';
import { sshError } from '../ssh-error.ts';
import { presentedKey } from './login-error.ts';
import type { SystemLogin } from './system-login.ts';

export interface LoggedInSsh {
  /** ssh's log. */
  said: string;
  /** The host's certificate, as ssh passed it to our `KnownHostsCommand`; empty without that command. */
  shown: string;
}

/** ssh has checked the key already. Throws if the key itself is not found. */
export async function hostKeyOf(target: SshTarget, login: SystemLogin, { said, shown }: LoggedInSsh): Promise<HostKey> {
  const presented = presentedKey(said);
  const keys = [...(await keysOnFile(target, login)), ...keysInCertificates(shown)];
  const found = keys.find((key) => key.fingerprint === presented?.fingerprint);
  if (found) return found;
  const label = targetLabel(target);
  const got = presented ? `${presented.type} ${presented.fingerprint}` : 'none';
  if (target.hostKeys.kind === 'pinned') {
    throw sshError(
      'host_key_changed',
      `cannot trust ${label} because its host key is none of the pinned ones: got ${got}`,
    );
  }
  throw sshError('host_key_unknown', `cannot trust ${label} because its host key is in no file: got ${got}`, {
    hint: `Only DNS, a command or a certificate that this ssh does not show (OpenSSH before 8.7) vouches for it, but jobs need the key itself: compare the fingerprint with what the site publishes, then add the key (ssh-keyscan ${target.host} >> ~/.ssh/known_hosts).`,
  });
}

async function keysOnFile({ hostKeys, ...target }: SshTarget, { settings }: SystemLogin): Promise<HostKey[]> {
  if (hostKeys.kind === 'pinned') return pinnedKeys(hostKeys.keys);
  return filedKeys(target, { files: hostKeys.files, alias: hostKeys.alias ?? settings.hostKeyAlias });
}

/** The keys in the certificates; ssh has accepted them by an authority of its known_hosts files. */
function keysInCertificates(shown: string): HostKey[] {
  const blobs = shown.split('\n').map((line) => line.trim().split(' ')[1] ?? '');
  return blobs.map((base64) => certifiedKey(Buffer.from(base64, 'base64'))).filter((key) => key !== undefined);
}

export function pinnedKeys(lines: readonly string[]): HostKey[] {
  return lines.map(parseHostKeyLine).filter((key) => key !== undefined);
}

/** The keys of a host in known_hosts files, the most modern type first. */
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
    .toSorted((a, b) => order.indexOf(a.type) - order.indexOf(b.type));
}

const order = [
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
    throw knownHostsUnreadable(file, error);
  }
}
