import { describe, expect, it } from 'vitest';
import { decideHostKey, decidePinnedKey, knownKeyTypes } from './decide-host-key.ts';
import { type HostKey, orderHostKeyAlgorithms, parseHostKeyLine } from './host-key.ts';
import { parseKnownHosts } from './known-hosts.ts';

// Entries that ssh-keygen made and hashed.
const ed25519 = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOYRwejl8EAO3OsSkfZXEyPvDCaE+7MQXg3lgWdsNhxq';
const ecdsa =
  'ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBEdkLpt0InQNioT5aIIeBMuvq9z0s8e7CDR6cwgSUiqT3gvCu6q97rb5AhvZz7TZjD1dB0dbClvDroFjohV1i6k=';
const otherUid = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGr7NdpHuvOTxNMCo/TOB8qKRGHvvtWlldw5teCywkSx';
const hashed22 = '|1|1NJJL4qQoyCtHgUiYeUN5kRpcRM=|flxN5sKOMmL1d7rC81ioIr1Gxqw=';
const hashed2222 = '|1|r0A7USh1nlPZrQ86xhSx9PRUvMw=|kdiSya2ew17IbRzOpi+9xwhRq00=';

const key = (line: string): HostKey => {
  const parsed = parseHostKeyLine(line);
  if (!parsed) throw new Error('not a key');
  return parsed;
};
const decide = (text: string, presented: string, [host, port]: [string, number] = ['example.org', 22]) =>
  decideHostKey({ entries: parseKnownHosts(text, 'kh'), host, port }, key(presented));

describe('a host key', () => {
  it('has the fingerprint that ssh-keygen prints', () => {
    expect(key(ed25519).fingerprint).toBe('SHA256:a9tBBey1OEqoQjF8mfaMzM+zHcncaxj4Wl5CXMeWjhg');
  });

  it('is refused when its two words name different types', () => {
    expect(parseHostKeyLine(ed25519.replace('ssh-ed25519', 'ssh-rsa'))).toBeUndefined();
    expect(parseHostKeyLine('nonsense')).toBeUndefined();
  });

  it.each<[string, string, [string, number], ReturnType<typeof decide>['kind']]>([
    ['a plain name', `example.org ${ed25519}`, ['example.org', 22], 'known'],
    ['a name in other case', `example.org ${ed25519}`, ['EXAMPLE.org', 22], 'known'],
    ['one of several names', `a,example.org,b ${ed25519}`, ['example.org', 22], 'known'],
    ['a pattern', `*.org ${ed25519}`, ['example.org', 22], 'known'],
    ['a negated pattern', `*.org,!example.org ${ed25519}`, ['example.org', 22], 'unknown'],
    ['a pattern that only starts alike', `example ${ed25519}`, ['example.org', 22], 'unknown'],
    ['a dot that is no wildcard', `example.org ${ed25519}`, ['exampleXorg', 22], 'unknown'],
    ['a hashed name', `${hashed22} ${ed25519}`, ['example.org', 22], 'known'],
    ['a hashed name of another host', `${hashed22} ${ed25519}`, ['example.com', 22], 'unknown'],
    ['a hashed name with a port', `${hashed2222} ${ed25519}`, ['example.org', 2222], 'known'],
    ['a hashed name with another port', `${hashed2222} ${ed25519}`, ['example.org', 22], 'unknown'],
    ['a name with its port', `[example.org]:2222 ${ed25519}`, ['example.org', 2222], 'known'],
    ['the right key filed without the port', `example.org ${ed25519}`, ['example.org', 2222], 'known'],
    ['another key filed without the port', `example.org ${otherUid}`, ['example.org', 2222], 'unknown'],
    ['another key', `example.org ${otherUid}`, ['example.org', 22], 'changed'],
    ['another type only', `example.org ${ecdsa}`, ['example.org', 22], 'changed'],
    ['this key beside another', `example.org ${otherUid}\nexample.org ${ed25519}`, ['example.org', 22], 'known'],
    ['a revoked key', `example.org ${ed25519}\n@revoked * ${ed25519}`, ['example.org', 22], 'revoked'],
    ['a certificate authority', `@cert-authority *.org ${ed25519}`, ['example.org', 22], 'unknown'],
    ['a comment', `# example.org ${ed25519}`, ['example.org', 22], 'unknown'],
    ['a broken line', `example.org ssh-ed25519`, ['example.org', 22], 'unknown'],
  ])('is judged by %s', (_, text, place, verdict) => {
    expect(decide(text, ed25519, place).kind).toBe(verdict);
  });

  it('that changed is reported with file and line', () => {
    expect(decide(`# first\n\nexample.org ${otherUid}\n`, ed25519)).toMatchObject({ where: 'kh:3' });
  });

  it('is requested by the types on file first, as OpenSSH does', () => {
    const entries = parseKnownHosts(`example.org ${ecdsa}`, 'kh');
    const types = knownKeyTypes({ entries, host: 'example.org', port: 22 });
    expect(orderHostKeyAlgorithms(types, 'rest-after')[0]).toBe('ecdsa-sha2-nistp256');
    expect(orderHostKeyAlgorithms(['ssh-rsa'], 'only')).toEqual(['rsa-sha2-512', 'rsa-sha2-256']);
  });

  it('that is pinned excludes every other key', () => {
    expect(decidePinnedKey([key(ed25519)], key(ed25519)).kind).toBe('known');
    expect(decidePinnedKey([key(ed25519)], key(otherUid)).kind).toBe('changed');
    expect(decidePinnedKey([], key(otherUid)).kind).toBe('changed');
  });
});
