// What the system's ssh would do for a host, in its own words (`ssh -G`). Pure.

export interface EffectiveSettings {
  hostName: string;
  port: number;
  user: string;
  hostKeyAlias: string | undefined;
  knownHostsFiles: string[];
  isHostKeyChecked: boolean;
  controlPath: string | undefined;
  /** Settings that our own master must be without, by their names. */
  toUnset: string[];
}

/** They would keep a master from becoming one, or let a key be believed that is not on file. */
const UNSET = ['remotecommand', 'knownhostscommand'];

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
    toUnset: UNSET.filter((key) => first(key) !== undefined),
  };
}
