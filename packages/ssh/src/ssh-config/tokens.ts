// Expands %-tokens, `${VAR}` and a leading `~` in names and paths (ssh_config(5), TOKENS). Refuses unknown tokens: left
// as they are, they would name another file. Pure.

import { createHash } from 'node:crypto';
import { join } from 'node:path';

import { sshError } from '../ssh-error.ts';

export interface TokenValues {
  /** As the user typed it. */
  host: string;
  hostName: string;
  port: number;
  user: string;
  localUser: string;
  /** Of the account; undefined on Windows. */
  uid: number | undefined;
  /** Of this machine. */
  localHost: string;
  hostKeyAlias: string | undefined;
  home: string;
  /** Whether there is a jump host: then versions of OpenSSH differ on `%C`. */
  hasJump: boolean;
  env: Readonly<Record<string, string | undefined>>;
}

/** Throws `ssh_config_invalid`. */
export function expandTokens(text: string, values: TokenValues): string {
  return text.replaceAll(/%(.?)|\$\{([^}]*)\}/g, (all, token: string, name: string | undefined) => {
    const value = name === undefined ? tokenValue(token, values) : values.env[name];
    if (value !== undefined) return value;
    throw sshError('ssh_config_invalid', `${text} cannot be expanded: ${all} stands for nothing known`, {
      hint: 'Correct it in ~/.ssh/config; ssh_config(5) lists what may stand there.',
    });
  });
}

/** Expands a file's path: `~/` is the home, `~user/` is refused. */
export function expandPath(text: string, values: TokenValues): string {
  if (/^~[^/]/.test(text)) {
    throw sshError('ssh_config_invalid', `${text} cannot be expanded: Fairlead knows no other user's home`, {
      hint: 'Write the whole path in ~/.ssh/config.',
    });
  }
  const inHome = text === '~' ? values.home : text.startsWith('~/') ? join(values.home, text.slice(2)) : text;
  return expandTokens(inHome, values);
}

function tokenValue(token: string, values: TokenValues): string | undefined {
  const { host, hostName, port, user, localHost, uid } = values;
  const tokens: Readonly<Record<string, string | undefined>> = {
    '%': '%',
    h: hostName,
    n: host,
    p: String(port),
    r: user,
    u: values.localUser,
    d: values.home,
    i: uid === undefined ? undefined : String(uid),
    k: values.hostKeyAlias ?? host,
    l: localHost,
    L: localHost.split('.')[0],
    j: values.hasJump ? undefined : '',
    C: values.hasJump ? undefined : hash(`${localHost}${hostName}${port}${user}`),
  };
  return tokens[token];
}

function hash(text: string): string {
  return createHash('sha1').update(text).digest('hex');
}
