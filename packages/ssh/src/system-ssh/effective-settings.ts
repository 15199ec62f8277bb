// What the system's ssh would do for a host, in its own words (`ssh -G`). Pure.

import { isAbsolute } from 'node:path';

export interface EffectiveSettings {
  hostName: string;
  port: number;
  user: string;
  hostKeyAlias: string | undefined;
  /** Of the user and of the system; expanded. */
  userKnownHostsFiles: string[];
  globalKnownHostsFiles: string[];
  isHostKeyChecked: boolean;
  controlPath: string | undefined;
  /** As they are written: ssh expands them when it logs in. */
  identityFiles: string[];
  certificateFiles: string[];
  identitiesOnly: boolean;
  /** `none` is a value of its own here. */
  identityAgent: string | undefined;
  connectTimeoutMs: number | undefined;
  proxyJump: string | undefined;
  proxyCommand: string | undefined;
  /** Another program or host is between here and there: nothing answers at host and port themselves. */
  isProxied: boolean;
  /** 8.7 or newer: it shows host keys to a command. */
  showsHostKeys: boolean;
  /** What is set beyond the above and is no default, by its keyword: what our own driver may not be able to do. */
  others: Readonly<Record<string, string>>;
  /** Settings that our own master overrides; only those that this ssh knows, because an unknown option ends it. */
  overrides: Array<[key: string, value: string]>;
}

/** These would keep ssh from becoming a master, or make it believe a host whose key is not on file. */
const overrides: ReadonlyArray<[key: string, value: string]> = [
  ['remotecommand', 'none'],
  ['requesttty', 'no'],
  ['sessiontype', 'default'],
  ['stdinnull', 'no'],
  ['forkafterauthentication', 'no'],
  ['tunnel', 'no'],
  ['knownhostscommand', 'none'],
  // With it no host key is looked at: Kerberos vouches for the host.
  ['gssapikeyexchange', 'no'],
];

/** Values that mean "as if it were not there", besides `none`. */
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
    // `accept-new` and `ask` let a new key in and no changed one.
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

/** ssh separates paths by blanks and prints no quotes: a word that begins no path belongs to the path before it. */
function splitPaths(text = ''): string[] {
  const paths: string[] = [];
  for (const word of text.split(' ')) {
    if (paths.length === 0 || isAbsolute(word) || word.startsWith('~/')) paths.push(word);
    else paths.push(`${paths.pop()} ${word}`);
  }
  return paths.filter((path) => path !== '');
}
