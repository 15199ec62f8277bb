// Parses known_hosts files (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT) and finds the lines about a host. Pure.

import { createHmac } from 'node:crypto';

export interface KnownHostsEntry {
  /** `file:line`, for messages. */
  where: string;
  marker: 'revoked' | 'cert-authority' | undefined;
  patterns: string[];
  keyType: string;
  base64: string;
}

export function parseKnownHosts(text: string, file: string): KnownHostsEntry[] {
  const entries: KnownHostsEntry[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const entry = parseLine(line.trim(), `${file}:${index + 1}`);
    if (entry) entries.push(entry);
  }
  return entries;
}

/** The name of a host in known_hosts: `[host]:port` unless the port is 22. */
export function knownHostsName(host: string, port: number): string {
  return port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
}

/** Entries whose patterns match this name, without `@cert-authority`: only the system's ssh accepts certificates. */
export function matchKnownHosts(entries: readonly KnownHostsEntry[], name: string): KnownHostsEntry[] {
  return entries.filter((entry) => entry.marker !== 'cert-authority' && matchesName(entry.patterns, name));
}

/** The authorities whose certificates are accepted for this name. */
export function matchCertAuthorities(entries: readonly KnownHostsEntry[], name: string): KnownHostsEntry[] {
  return entries.filter((entry) => entry.marker === 'cert-authority' && matchesName(entry.patterns, name));
}

function parseLine(line: string, where: string): KnownHostsEntry | undefined {
  if (line === '' || line.startsWith('#')) return undefined;
  const words = line.split(/\s+/);
  const marker = words[0]?.startsWith('@') ? words.shift() : undefined;
  const [hosts, keyType, base64] = words;
  if (!hosts || !keyType || !base64) return undefined;
  if (marker !== undefined && marker !== '@revoked' && marker !== '@cert-authority') return undefined;
  return {
    where,
    marker: marker === '@revoked' ? 'revoked' : marker === '@cert-authority' ? 'cert-authority' : undefined,
    patterns: hosts.split(','),
    keyType,
    base64,
  };
}

function matchesName(patterns: readonly string[], name: string): boolean {
  let matched = false;
  for (const pattern of patterns) {
    if (pattern.startsWith('!')) {
      if (matchesPattern(pattern.slice(1), name)) return false;
    } else if (matchesPattern(pattern, name)) matched = true;
  }
  return matched;
}

function matchesPattern(pattern: string, name: string): boolean {
  if (pattern.startsWith('|1|')) return matchesHash(pattern, name);
  const source = pattern
    .toLowerCase()
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`).test(name);
}

function matchesHash(pattern: string, name: string): boolean {
  const [, , salt, hash] = pattern.split('|');
  if (!salt || !hash) return false;
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
}
