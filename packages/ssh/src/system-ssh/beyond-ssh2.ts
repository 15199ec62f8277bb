// Finds what a login needs that our own driver (ssh2) cannot do, so that the system's ssh must log in. Looks at the settings of
// `ssh -G`, the key files that ssh would use, and the connection that it already shares.

import { lstat, readFile } from 'node:fs/promises';

import { errnoOf } from '@fairlead/kit';

import { publicHalf } from '../auth/public-half.ts';
import { knownHostsName, matchCertAuthorities, matchKnownHosts, parseKnownHosts } from '../host-key/known-hosts.ts';
import type { HostQuestion, HostSettings } from '../ssh-config/host-settings.ts';
import type { EffectiveSettings } from './effective-settings.ts';
import { certificatePaths, jumpHostsOf } from './settings-from-ssh.ts';

export interface Asked {
  effective: EffectiveSettings;
  settings: HostSettings;
  question: HostQuestion;
}

/** `way`: ssh2 cannot reach the host at all. `login`: it may fail to log in. `why` is a short clause. */
export interface BeyondSsh2 {
  kind: 'way' | 'login';
  why: string;
}

type KnownBy = Pick<
  HostSettings,
  'hostName' | 'port' | 'hostKeyAlias' | 'userKnownHostsFiles' | 'globalKnownHostsFiles'
>;

export async function whatSsh2Lacks(asked: Asked): Promise<BeyondSsh2 | undefined> {
  const way = lacksWay(asked);
  if (way !== undefined) return { kind: 'way', why: way };
  const why = lacksMethod(asked) ?? (await lacksKey(asked)) ?? (await lacksHostKey(asked)) ?? (await isShared(asked));
  return why === undefined ? undefined : { kind: 'login', why };
}

function lacksWay({ effective, question }: Asked): string | undefined {
  if (jumpHostsOf(effective, question) !== undefined) return undefined;
  return `its ProxyCommand is more than a jump: ${effective.proxyCommand}`;
}

const addresses = { addressfamily: 'AddressFamily', bindaddress: 'BindAddress', bindinterface: 'BindInterface' };

function lacksMethod({ effective: { others } }: Asked): string | undefined {
  const { preferredauthentications: preferred, pubkeyauthentication: pubkey } = others;
  if (pubkey === 'no' || pubkey === 'false') return 'ssh_config sets PubkeyAuthentication no';
  if (preferred !== undefined && !preferred.split(',').includes('publickey'))
    return `ssh_config prefers ${preferred} and no key`;
  if (others['pkcs11provider'] !== undefined) return `its key is on a smart card (${others['pkcs11provider']})`;
  for (const [key, name] of Object.entries(addresses))
    if (others[key] !== undefined) return `ssh_config sets ${name} ${others[key]}`;
  if (others['knownhostscommand'] !== undefined) return 'ssh_config names a KnownHostsCommand';
  if (others['revokedhostkeys'] !== undefined) return 'ssh_config names a list of RevokedHostKeys';
  return undefined;
}

async function lacksKey({ effective, settings, question }: Asked): Promise<string | undefined> {
  const files = await Promise.all(settings.identityFiles.map(async (path) => ({ path, text: await read(path) })));
  const there = files.filter(({ text }) => text !== undefined);
  const beside = there.map(({ path }) => `${path}-cert.pub`);
  const certificates = [...certificatePaths(effective, question), ...beside];
  const texts = await Promise.all(certificates.map(read));
  const certificate = certificates.find((_, index) => texts[index] !== undefined);
  if (certificate !== undefined) return `it may log in with the certificate ${certificate}`;
  const keys = there.map(({ path, text = '' }) => ({ path, isOnToken: isOnToken(text) }));
  const [token] = keys;
  return token && keys.every(({ isOnToken: onToken }) => onToken) ? `its key ${token.path} is a FIDO key` : undefined;
}

function isOnToken(privateKeyText: string): boolean {
  const blob = publicHalf(privateKeyText);
  return blob !== undefined && blob.toString('latin1', 4, 7) === 'sk-';
}

async function lacksHostKey({ settings }: Asked): Promise<string | undefined> {
  const where = await authorityFor(settings);
  return where === undefined ? undefined : `its host key is vouched for by a certificate authority (${where})`;
}

/** The known_hosts line of the certificate authority, if the host is known by that and not by its own key; else undefined. */
export async function authorityFor(known: KnownBy): Promise<string | undefined> {
  const files = [...known.userKnownHostsFiles, ...known.globalKnownHostsFiles];
  const entries = (
    await Promise.all(files.map(async (file) => parseKnownHosts((await read(file)) ?? '', file)))
  ).flat();
  const { hostName, port, hostKeyAlias } = known;
  const names = hostKeyAlias === undefined ? [knownHostsName(hostName, port), hostName] : [hostKeyAlias];
  const authority = names.flatMap((name) => matchCertAuthorities(entries, name))[0];
  const isKnown = names.some((name) => matchKnownHosts(entries, name).some(({ marker }) => marker === undefined));
  return isKnown ? undefined : authority?.where;
}

/** Shares the user's open connection, because a new login might ask for a code or a touch again. */
async function isShared({ effective: { controlPath } }: Asked): Promise<string | undefined> {
  const isOpen = controlPath !== undefined && (await isOwnSocket(controlPath));
  return isOpen ? `your ssh shares an open connection (${controlPath})` : undefined;
}

/** Whether the path is a socket of this user: in a directory that all may write to, another user could have made it. */
export async function isOwnSocket(path: string): Promise<boolean> {
  try {
    const found = await lstat(path);
    return found.isSocket() && found.uid === process.getuid?.();
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
}

/** Undefined for a file that cannot be read; the login reports why. */
async function read(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}
