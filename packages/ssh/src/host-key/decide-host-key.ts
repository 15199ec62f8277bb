// Decides about a presented host key: known, unknown, changed or revoked. Pure.

import type { HostKey } from './host-key.ts';
import { type KnownHostsEntry, knownHostsName, matchKnownHosts } from './known-hosts.ts';

export type HostKeyVerdict =
  | { kind: 'known' }
  | { kind: 'unknown' }
  | { kind: 'changed'; where: string; expected: string }
  | { kind: 'revoked'; where: string };

export interface KnownHostsQuestion {
  entries: readonly KnownHostsEntry[];
  host: string;
  port: number;
}

export function decideHostKey(question: KnownHostsQuestion, presented: HostKey): HostKeyVerdict {
  const { entries, host, port } = question;
  const named = matchKnownHosts(entries, knownHostsName(host, port));
  // ssh(1) also accepts a key filed under the name without its port, but a mismatch there proves nothing.
  const withoutPort = port === 22 ? [] : matchKnownHosts(entries, knownHostsName(host, 22));
  const isPresented = (entry: KnownHostsEntry) => entry.base64 === presented.base64;
  const revoked = [...named, ...withoutPort].find((entry) => entry.marker === 'revoked' && isPresented(entry));
  if (revoked) return { kind: 'revoked', where: revoked.where };
  const believed = named.filter((entry) => entry.marker === undefined);
  if (believed.some(isPresented)) return { kind: 'known' };
  // The client asked for the known types first: a host that answers with another type no longer has a known key.
  const contradicted = believed.find((entry) => entry.keyType === presented.type) ?? believed[0];
  if (contradicted) return { kind: 'changed', where: contradicted.where, expected: contradicted.keyType };
  if (withoutPort.some((entry) => entry.marker === undefined && isPresented(entry))) return { kind: 'known' };
  return { kind: 'unknown' };
}

/** The key types on file for this host, so that the client can ask for them first. */
export function knownKeyTypes({ entries, host, port }: KnownHostsQuestion): string[] {
  const names = new Set([knownHostsName(host, port), knownHostsName(host, 22)]);
  const found = [...names].flatMap((name) => matchKnownHosts(entries, name));
  return [...new Set(found.filter((entry) => entry.marker === undefined).map((entry) => entry.keyType))];
}

/** Decides by a closed list of keys: any other key is a changed one. */
export function decidePinnedKey(pinned: readonly HostKey[], presented: HostKey): HostKeyVerdict {
  if (pinned.some((key) => key.base64 === presented.base64)) return { kind: 'known' };
  return {
    kind: 'changed',
    where: 'the pinned host keys',
    expected: pinned.map((key) => key.fingerprint).join(', ') || 'none',
  };
}
