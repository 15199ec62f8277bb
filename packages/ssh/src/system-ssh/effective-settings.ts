// Parses the settings of the system's ssh for a host (the output of `ssh -G`). Pure.

import { isAbsolute } from 'node:path';

export interface EffectiveSettings {
  hostName: string;
  port: number;
  user: string;
  hostKeyAlias: string | undefined;
  /** The user's files, and below the system's; expanded. */
  userKnownHostsFiles: string[];
  globalKnownHostsFiles: string[];
  isHostKeyChecked: boolean;
  controlPath: string | undefined;
  /** As written in the configuration: ssh expands them when it logs in. */
  identityFiles: string[];
  certificateFiles: string[];
  identitiesOnly: boolean;
  /** `none` is kept as a value: it means no agent. */
  identityAgent: string | undefined;
  connectTimeoutMs: number | undefined;
  proxyJump: string | undefined;
  proxyCommand: string | undefined;
  /** The login goes through a ProxyCommand or a jump host, so this machine need not be able to connect to host and port itself. */
  isProxied: boolean;
  /** This ssh is 8.7 or newer: it passes host keys to KnownHostsCommand. */
  showsHostKeys: boolean;
  /** Other settings that differ from the default, by keyword: our own driver may not support them. */
  others: Readonly<Record<string, string>>;
  /** Settings that our own master overrides; only those that this ssh knows, because ssh exits at an unknown option. */
  overrides: Array<[key: string, value: string]>;
}

/** These settings would keep ssh from becoming a master, or make it accept a host whose key is not on file. */
const overrides: ReadonlyArray<[key: string, value: string]> = [
  ['remotecommand', 'none'],
  ['requesttty', 'no'],
  ['sessiontype', 'default'],
  ['stdinnull', 'no'],
  ['forkafterauthentication', 'no'],
  ['tunnel', 'no'],
  ['knownhostscommand', 'none'],
  // With it ssh checks no host key: Kerberos vouches for the host.
  ['gssapikeyexchange', 'no'],
];

/** Default values, besides `none`: such a setting counts as absent. */
const defaults: Readonly<Record<string, string>> = {
  addressfamily: 'any',
  proxyusefdpass: 'no',
  pubkeyauthentication: 'true',
  tunnel: 'false',
  requesttty: 'auto',
};

const others = [
  'addressfamily',
  'bindaddress',
  'bindinterface',
  'knownhostscommand',
  'pkcs11provider',
  'preferredauthentications',
  'proxyusefdpass',
  'pubkeyauthentication',
  'revokedhostkeys',
];

export function parseEffectiveSettings(text: string): EffectiveSettings {
  const all = new Map<string, string[]>();
  for (const line of text.split(/\r?\n/)) {
    const [, key = '', value = ''] = /^(\S+) (.*)$/.exec(line) ?? [];
    if (key !== '') all.set(key.toLowerCase(), [...(all.get(key.toLowerCase()) ?? []), value]);
  }
  const first = (key: string): string | undefined => {
    const value = all.get(key)?.[0];
    return value === undefined || value === 'none' || value === '' ? undefined : value;
  };
  const isSet = (key: string): boolean => first(key) !== undefined && first(key) !== defaults[key];
  const named = (key: string) => (all.get(key) ?? []).filter((value) => value.toLowerCase() !== 'none');
  const seconds = Number(first('connecttimeout'));
  return {
    hostName: first('hostname') ?? '',
    port: Number(first('port') ?? 22),
    user: first('user') ?? '',
    hostKeyAlias: first('hostkeyalias'),
    userKnownHostsFiles: splitPaths(first('userknownhostsfile')),
    globalKnownHostsFiles: splitPaths(first('globalknownhostsfile')),
    // `accept-new` and `ask` accept a new key, but no changed one.
    isHostKeyChecked: !['no', 'off', 'false'].includes(first('stricthostkeychecking') ?? 'ask'),
    controlPath: first('controlpath'),
    identityFiles: named('identityfile'),
    certificateFiles: named('certificatefile'),
    identitiesOnly: ['yes', 'true'].includes(first('identitiesonly') ?? 'no'),
    identityAgent: all.get('identityagent')?.[0],
    connectTimeoutMs: seconds > 0 ? seconds * 1000 : undefined,
    proxyJump: first('proxyjump'),
    proxyCommand: first('proxycommand'),
    isProxied: first('proxycommand') !== undefined || first('proxyjump') !== undefined,
    showsHostKeys: all.has('sessiontype'),
    others: Object.fromEntries(others.filter(isSet).map((key) => [key, first(key) ?? ''])),
    overrides: overrides.filter(([key, value]) => isSet(key) && first(key) !== value),
  };
}

/** ssh separates paths by blanks and prints no quotes, so a word that cannot begin a path belongs to the path before it. */
function splitPaths(text = ''): string[] {
  const paths: string[] = [];
  for (const word of text.split(' ')) {
    if (paths.length === 0 || isAbsolute(word) || word.startsWith('~/')) paths.push(word);
    else paths.push(`${paths.pop()} ${word}`);
  }
  return paths.filter((path) => path !== '');
}
