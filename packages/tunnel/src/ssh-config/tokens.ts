// Expands what ssh_config(5) allows in names and paths: %-tokens, `${VAR}` and a leading `~`. Pure.

import { join } from 'node:path';

export interface TokenValues {
  host: string;
  hostName: string;
  port: number;
  user: string;
  localUser: string;
  home: string;
  env: Readonly<Record<string, string | undefined>>;
}

export function expandTokens(text: string, values: TokenValues): string {
  const tokens: Readonly<Record<string, string>> = {
    '%%': '%',
    '%h': values.hostName,
    '%n': values.host,
    '%p': String(values.port),
    '%r': values.user,
    '%u': values.localUser,
    '%d': values.home,
  };
  return text.replaceAll(/%./g, (token) => tokens[token] ?? token);
}

export function expandPath(text: string, values: TokenValues): string {
  const path = text.replace(/^"(.*)"$/, '$1');
  const inHome = path === '~' ? values.home : path.startsWith('~/') ? join(values.home, path.slice(2)) : path;
  return expandTokens(
    inHome.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => values.env[name] ?? ''),
    values,
  );
}
