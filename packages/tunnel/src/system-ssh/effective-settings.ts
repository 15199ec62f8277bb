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
  /** Ways in that only the system's ssh has, in the words of ssh_config. */
  onlySystemSsh: string[];
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
    onlySystemSsh: onlySystemSsh(all),
  };
}

/** GSSAPI is on by default on some systems, so that it alone says nothing. */
function onlySystemSsh(all: ReadonlyMap<string, readonly string[]>): string[] {
  const of = (key: string) => (all.get(key) ?? []).filter((value) => value !== 'none');
  const usual = /^~\/\.ssh\/id_(?:ecdsa|ed25519)_sk$/;
  const proxy = of('proxycommand').filter((command) => !/^ssh\b.*\s-W\s/.test(command));
  return [
    ...of('certificatefile').map((file) => `CertificateFile ${file}`),
    ...of('pkcs11provider').map((file) => `PKCS11Provider ${file}`),
    ...of('identityfile')
      .filter((file) => file.endsWith('_sk') && !usual.test(file))
      .map((file) => `IdentityFile ${file}`),
    ...proxy.map((command) => `ProxyCommand ${command}`),
  ];
}
