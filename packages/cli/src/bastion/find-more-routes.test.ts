import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { Scope, silentLog } from '@fairlead/kit';
import { openTestSsh } from '@fairlead/ssh/testing';
import { describe, expect, it } from 'vitest';

import type { Context } from '../context.ts';
import { parseAddresses } from './bastion-addresses.ts';
import { findOutside, newAddresses } from './find-more-routes.ts';

describe('The routes that are proposed for this machine', () => {
  it('are the names of ssh_config that lead to the same key and answer', async () => {
    await using scope = new Scope();
    const bastion = scope.use(await openTestSsh('builtin'));
    const other = scope.use(await openTestSsh('builtin'));
    const home = bastion.dir;
    const at = (host: string, port: number) => `  HostName ${host}\n  Port ${port}\n  User ${bastion.user}\n`;
    const hosts: Record<string, string> = {
      twin: at('127.0.0.1', bastion.port),
      inside: at('localhost', bastion.port),
      shut: at('localhost', 1),
      other: at('localhost', other.port),
      stranger: at('ip6-loopback', bastion.port),
    };
    const known = [
      [bastion.port, bastion.hostKeyLine],
      [1, bastion.hostKeyLine],
      [other.port, other.hostKeyLine],
    ].map(([port, key]) => `[localhost]:${port} ${key}\n`);
    await mkdir(join(home, '.ssh'), { recursive: true });
    const config = Object.entries(hosts).map(([name, body]) => `Host ${name}\n${body}`);
    await writeFile(join(home, '.ssh', 'config'), config.join(''));
    await writeFile(join(home, '.ssh', 'known_hosts'), known.join(''));
    const context = { home, env: {}, log: silentLog, signal: new AbortController().signal } as unknown as Context;
    const route = { host: '127.0.0.1', port: bastion.port, user: bastion.user };
    const question = { hostKey: bastion.hostKeyLine, routes: [route] };
    expect(await findOutside(Object.keys(hosts), question, context)).toEqual([{ host: 'inside' }]);
  });
});

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
