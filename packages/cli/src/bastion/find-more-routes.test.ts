import { describe, expect, it } from 'vitest';

import { parseAddresses } from './bastion-addresses.ts';
import { newAddresses } from './find-more-routes.ts';

describe('The addresses by which a bastion knows itself', () => {
  it('are what its sshd was called by, its name and its networks, without what leads nowhere', () => {
    const text =
      'called=198.51.100.10 2222\nname=gate1.example.org\nall=198.51.100.10 10.77.0.5 127.0.1.1 fe80::1 fd00::5\n';
    expect(parseAddresses(text)).toEqual(
      ['gate1.example.org', '198.51.100.10', '10.77.0.5', 'fd00::5'].map((host) => ({ host, port: 2222 })),
    );
  });

  it('are none where nothing is known', () => expect(parseAddresses('called= \nname=localhost\nall=\n')).toEqual([]));
});

describe('The routes that are proposed for jobs', () => {
  const hostKey = 'ssh-ed25519 AAAA';
  const at = (host: string) => ({ host, port: 22 });
  const propose = (scanned: string[], names: string[], known: string[] = []) =>
    newAddresses(
      { scanned: scanned.join('\n'), names: names.join('\n') },
      { hostKey, known, addresses: ['gate1', '10.0.0.5', '172.17.0.1'].map(at) },
    ).map(({ host }) => host);

  it('are those that show the same key, each host once and by its name', () => {
    const scanned = [
      'gate1,22 gate1 ssh-ed25519 AAAA',
      '10.0.0.5,22 10.0.0.5 ssh-ed25519 AAAA',
      '172.17.0.1,22 172.17.0.1 ssh-ed25519 BBBB',
    ];
    expect(propose(scanned, ['gate1 10.0.0.5'])).toEqual(['gate1']);
  });

  it('leave out what jobs use already, under another name too', () => {
    const scanned = ['gate1,22 gate1 ssh-ed25519 AAAA', '10.0.0.5,22 10.0.0.5 ssh-ed25519 AAAA'];
    expect(propose(scanned, ['gate 10.0.0.5', 'gate1 10.0.0.5'], ['gate'])).toEqual([]);
    expect(propose(scanned, ['gate 198.51.100.10', 'gate1 198.51.100.10'], ['gate'])).toEqual(['10.0.0.5']);
  });

  it('are none where nothing answers', () => expect(propose([], [])).toEqual([]));
});
