import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resolveSshTarget } from './resolve-ssh-target.ts';
import type { SshDestination } from './ssh-destination.ts';

describe('resolveSshTarget', () => {
  let home: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'fl-home-'));
    await mkdir(join(home, '.ssh', 'conf.d'), { recursive: true });
  });
  afterEach(() => rm(home, { recursive: true }));

  const resolve = async (
    destination: SshDestination,
    files: Record<string, string> = {},
    env: Record<string, string> = {},
  ) => {
    for (const [name, text] of Object.entries(files)) await writeFile(join(home, '.ssh', name), text);
    return resolveSshTarget(destination, { home, env, localUser: 'me', systemConfigPath: join(home, 'system') });
  };

  it('has the defaults of ssh where there is no configuration', async () => {
    expect(await resolve({ host: 'h.example' }, {}, { SSH_AUTH_SOCK: '/agent' })).toMatchObject({
      host: 'h.example',
      port: 22,
      user: 'me',
      hostKeys: {
        kind: 'known-hosts',
        files: expect.arrayContaining([join(home, '.ssh/known_hosts')]) as string[],
        addTo: join(home, '.ssh/known_hosts'),
      },
      auth: {
        identityFiles: ['id_ed25519', 'id_ecdsa', 'id_rsa'].map((name) => join(home, '.ssh', name)),
        identitiesOnly: false,
        agentSocket: '/agent',
      },
    });
  });

  it('reads what the configuration says of a host, the first value first', async () => {
    const config = `
Host lab
  HostName %h.example.org
  Port 2222
  IdentityFile "~/.ssh/my key"
  IdentityFile ~/.ssh/%r_key
  UserKnownHostsFile ~/.ssh/kh "~/.ssh/k h"
  IdentityAgent none
  ConnectTimeout none
  ConnectTimeout 7
Host *
  Port 99
  User carol
  IdentitiesOnly yes
`;
    expect(await resolve({ host: 'lab' }, { config }, { SSH_AUTH_SOCK: '/agent' })).toEqual({
      host: 'lab.example.org',
      port: 2222,
      user: 'carol',
      connectTimeoutMs: 7_000,
      label: 'carol@lab (lab.example.org)',
      hostKeys: {
        kind: 'known-hosts',
        files: [join(home, '.ssh/kh'), join(home, '.ssh/k h'), '/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'],
        addTo: join(home, '.ssh/kh'),
      },
      auth: { identityFiles: [join(home, '.ssh/my key'), join(home, '.ssh/carol_key')], identitiesOnly: true },
    });
  });

  it('prefers what the user typed to the configuration', async () => {
    const config = 'Host lab\n  Port 2222\n  User carol\n  ProxyJump gate\n  IdentityFile ~/.ssh/a\n';
    const typed = {
      host: 'lab',
      port: 22,
      user: 'bob',
      identityFile: '~/b',
      proxyJump: 'none',
      knownHostsFile: '~/kh',
    };
    const target = await resolve(typed, { config });
    expect(target).toMatchObject({ port: 22, user: 'bob', hostKeys: { files: [join(home, 'kh')] } });
    expect(target.auth.identityFiles).toEqual([join(home, 'b'), join(home, '.ssh/a')]);
    expect(target.jump).toBeUndefined();
  });

  it('follows Includes, and the lines after an Include belong to their own block', async () => {
    const files = {
      config: 'Include conf.d/*.conf ~/.ssh/extra\nUser everywhere\nHost b\n  Port 3\n',
      'conf.d/1.conf': 'Host a\n  Port 1\n',
      'conf.d/2.txt': 'Port 666\n',
      extra: 'Host b\n  HostName real-b\n',
    };
    expect(await resolve({ host: 'a' }, files)).toMatchObject({ port: 1, user: 'everywhere' });
    expect(await resolve({ host: 'b' }, files)).toMatchObject({ port: 3, host: 'real-b', user: 'everywhere' });
  });

  it('stops when Includes include each other', async () => {
    const loop = resolve({ host: 'a' }, { config: 'Include config\n' });
    await expect(loop).rejects.toMatchObject({ code: 'ssh_config_invalid' });
  });

  it('reads the system file after the user file', async () => {
    await writeFile(join(home, 'system'), 'Host *\n  User fromsystem\n  Port 7\n');
    const target = await resolve({ host: 'x' }, { config: 'Host x\n  Port 5\n' });
    expect(target).toMatchObject({ port: 5, user: 'fromsystem' });
  });

  it('runs no command of the configuration, and refuses a line that a command would decide', async () => {
    const witness = join(home, 'ran');
    const config = `Match host x exec "touch ${witness}"\n  Port 5\n`;
    await expect(resolve({ host: 'x' }, { config })).rejects.toMatchObject({
      code: 'ssh_config_invalid',
      message: expect.stringMatching(/line 1 of .*config because Match exec/) as string,
      hint: expect.stringContaining('ssh -G') as string,
    });
    // The criterion before the command has decided already.
    expect(await resolve({ host: 'y' }, { config })).toMatchObject({ port: 22 });
    await expect(rm(witness)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('evaluates Match by the host name so far and by its negation, with keywords in any case', async () => {
    const config =
      'Host gpu\n  Hostname login.example.org\nMatch host login.example.org\n  USER wang\nMatch originalhost gpu* !host gate.example.org\n  ProxyJump gate.example.org\n';
    expect(await resolve({ host: 'gpu' }, { config })).toMatchObject({
      host: 'login.example.org',
      user: 'wang',
      jump: { host: 'gate.example.org' },
    });
    expect((await resolve({ host: 'gate.example.org' }, { config })).jump).toBeUndefined();
  });

  it.each([
    ['CanonicalizeHostname yes', 'canonical names'],
    ['Match canonical host x', 'criterion canonical'],
    ['Match final all', 'criterion final'],
    ['Match tagged y', 'criterion tagged'],
    ['Match localnetwork 10.0.0.0/8', 'criterion localnetwork'],
    ['UseKeychain yes', 'does not know the keyword usekeychain'],
    ['IdentityFile ~/.ssh/%j%w', '%w stands for nothing known'],
    ['IdentityFile ~carol/key', "no other user's home"],
    ['UserKnownHostsFile ${NOT_SET}/kh', 'stands for nothing known'],
    ['HostName %n.example.org', '%n stands for nothing in HostName'],
    ['Port ssh', 'a port is a number'],
    ['User "open', 'a quote in it is not closed'],
    ['User two words', 'user takes one argument'],
    ['Include conf.%h', 'does not find the files'],
    ['ProxyCommand ssh -i key -W %h:%p gate', 'ProxyCommand is not supported'],
    ['RevokedHostKeys ~/.ssh/revoked', 'revoked host keys'],
    ['User', 'no argument'],
  ])('refuses %j by its line instead of dropping it', async (line, why) => {
    await expect(resolve({ host: 'x' }, { config: `# first\nHost x\n${line}\n` })).rejects.toMatchObject({
      code: 'ssh_config_invalid',
      message: expect.stringMatching(/^cannot use line 3 of \/.*config because /) as string,
    });
    await expect(resolve({ host: 'x' }, { config: `# first\nHost x\n${line}\n` })).rejects.toThrow(why);
  });

  it('ignores the keywords that IgnoreUnknown names', async () => {
    const config = 'IgnoreUnknown UseKeychain,add*\nHost x\n  UseKeychain yes\n  AddSomething no\n  Port 5\n';
    expect(await resolve({ host: 'x' }, { config })).toMatchObject({ port: 5 });
  });

  it('uses the first of ProxyCommand and ProxyJump', async () => {
    const none = 'Host x\n  ProxyCommand none\nHost *\n  ProxyJump gate\n';
    expect((await resolve({ host: 'x' }, { config: none })).jump).toBeUndefined();
    const jump = 'Host x\n  ProxyJump gate\nHost x\n  ProxyCommand nc %h %p\n';
    expect((await resolve({ host: 'x' }, { config: jump })).jump).toMatchObject({ host: 'gate' });
  });

  it('keeps the lines of an Include within its block', async () => {
    const files = { config: 'Host gpu\n  Include conf.d/*\n  Port 5\n', 'conf.d/a': 'Host *\n  User inner\n' };
    expect(await resolve({ host: 'other' }, files)).toMatchObject({ user: 'me', port: 22 });
    expect(await resolve({ host: 'gpu' }, files)).toMatchObject({ user: 'inner', port: 5 });
  });

  it('expands the tokens of known_hosts files, and keeps keys in its own file if there is none', async () => {
    const config =
      'Host a\n  HostKeyAlias g\n  UserKnownHostsFile ~/.ssh/kh/%k /srv/%n-%h-%p-%r-%u-%L ${HOSTS}/%C\nHost b\n  UserKnownHostsFile /dev/null\n';
    const a = await resolve({ host: 'a' }, { config }, { HOSTS: '/hosts' });
    const short = hostname().split('.')[0];
    const hash = createHash('sha1').update(`${hostname()}a22me`).digest('hex');
    expect(a.hostKeys).toMatchObject({
      files: expect.arrayContaining([
        join(home, '.ssh/kh/g'),
        `/srv/a-a-22-me-me-${short}`,
        `/hosts/${hash}`,
      ]) as string[],
    });
    const kept = join(home, '.ssh/known_hosts_fairlead');
    expect((await resolve({ host: 'b' }, {})).hostKeys).toMatchObject({ addTo: kept, keptIn: kept });
  });

  it('goes through jump hosts in their order, each with its own settings', async () => {
    const config = 'Host target\n  ProxyJump first,bob@second:2200\nHost first\n  User f\n  Port 2100\n';
    const target = await resolve({ host: 'target' }, { config });
    expect(target.jump).toMatchObject({ host: 'second', user: 'bob', port: 2200 });
    expect(target.jump?.jump).toMatchObject({ host: 'first', user: 'f', port: 2100 });
    expect(target.jump?.jump?.jump).toBeUndefined();
  });

  it('accepts a ProxyCommand that is only a jump, and no other', async () => {
    const jump = 'Host a\n  ProxyCommand ssh -W %h:%p bob@gate\nHost b\n  ProxyCommand nc %h %p\n';
    expect((await resolve({ host: 'a' }, { config: jump })).jump).toMatchObject({ host: 'gate', user: 'bob' });
    await expect(resolve({ host: 'b' })).rejects.toMatchObject({ code: 'ssh_config_invalid' });
  });

  it.each([
    'ssh -x -q bob@gate -W %h:%p',
    '/usr/bin/ssh -W [%h]:%p bob@gate',
    'ssh -l bob gate -W %h:%p',
    'exec ssh -qxTW %h:%p -p2200 bob@gate',
    'ssh -W %h:%p %u@gate',
  ])('takes %j for a jump', async (command) => {
    const user = command.includes('%u@') ? 'me' : 'bob';
    expect((await resolve({ host: 'a' }, { config: `Host a\n  ProxyCommand = ${command}\n` })).jump).toMatchObject({
      host: 'gate',
      user,
      port: command.includes('2200') ? 2200 : 22,
    });
  });

  it.each([
    'ssh gate nc %h %p',
    'ssh -i key -W %h:%p gate',
    'ssh -o Port=5 -W %h:%p gate',
    'ssh -W %h:22 gate',
    'ssh -W %h:%p gate && true',
    'ssh -W %h:%p gate # jump',
    './ssh -W %h:%p gate',
    'ssh -W %h:%p -l a b@gate',
    'ssh -4 -W %h:%p gate',
    'sh -c "ssh -W %h:%p gate"',
  ])('does not take %j for a jump', async (command) => {
    const config = `Host a\n  ProxyCommand ${command}\n`;
    await expect(resolve({ host: 'a' }, { config })).rejects.toThrow('ProxyCommand is not supported');
  });

  it('refuses jump hosts that lead in a circle, or are too many, with what is possible', async () => {
    const chain = (length: number) =>
      Array.from({ length }, (_, index) => `Host h${index}\n  ProxyJump h${index + 1}\n`).join('');
    const refused = {
      code: 'ssh_config_invalid',
      message: expect.stringContaining('at most 8 are possible') as string,
    };
    const circle = 'Host a\n  ProxyJump b\nHost b\n  ProxyJump a\n';
    await expect(resolve({ host: 'a' }, { config: circle })).rejects.toMatchObject(refused);
    await expect(resolve({ host: 'h0' }, { config: chain(9) })).rejects.toMatchObject(refused);
    await expect(resolve({ host: 'h0' }, { config: chain(8) })).resolves.toMatchObject({ host: 'h0' });
  });

  it('looks the host key up under its alias', async () => {
    const target = await resolve({ host: 'a' }, { config: 'Host a\n  HostKeyAlias cluster\n' });
    expect(target.hostKeys).toMatchObject({ alias: 'cluster' });
  });
});
