// What the system's ssh would do for a host, in its own words (`ssh -G`). Pure.

export interface EffectiveSettings {
  hostName: string;
  port: number;
  user: string;
  hostKeyAlias: string | undefined;
  knownHostsFiles: string[];
  isHostKeyChecked: boolean;
  controlPath: string | undefined;
  /** Another program or host is between here and there: nothing answers at host and port themselves. */
  isProxied: boolean;
  /** What our own master must have otherwise; only settings that this ssh knows, for others would end it. */
  overrides: Array<[key: string, value: string]>;
}

/** They would keep a master from becoming one, or let a host be believed whose key is not on file. */
const OVERRIDES: ReadonlyArray<[key: string, value: string]> = [
  ['remotecommand', 'none'],
  ['knownhostscommand', 'none'],
  // With it no host key is looked at: Kerberos vouches for the host.
  ['gssapikeyexchange', 'no'],
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
  const words = (key: string) => first(key)?.split(' ') ?? [];
  return {
    hostName: first('hostname') ?? '',
    port: Number(first('port') ?? 22),
    user: first('user') ?? '',
    hostKeyAlias: first('hostkeyalias'),
    knownHostsFiles: [...words('userknownhostsfile'), ...words('globalknownhostsfile')],
    // `accept-new` and `ask` let a new key in and no changed one.
    isHostKeyChecked: !['no', 'off', 'false'].includes(first('stricthostkeychecking') ?? 'ask'),
    controlPath: first('controlpath'),
    isProxied: first('proxycommand') !== undefined || first('proxyjump') !== undefined,
    overrides: OVERRIDES.filter(([key, value]) => first(key) !== undefined && first(key) !== value),
  };
}
