import { Secret } from '@fairlead/kit';
import { describe, expect, it } from 'vitest';

import type { SshTarget } from '../ssh-target.ts';
import { parseEffectiveSettings } from './effective-settings.ts';
import { masterArguments, settingsArguments } from './ssh-arguments.ts';
import type { SystemLogin } from './system-login.ts';

const place = { dir: '/p', controlPath: '/p/c', logPath: '/p/log', pinsPath: '/p/100% my pins', keyPath: '/p/key' };
const times = { keepaliveMs: 4_000, keepaliveCountMax: 2, connectTimeoutMs: 20_000 };
const login: SystemLogin = {
  name: 'gate',
  settings: parseEffectiveSettings('remotecommand tmux\n'),
  env: {},
  because: 'a test',
};
const target: SshTarget = {
  host: 'gate.example.org',
  port: 2222,
  user: 'me',
  hostKeys: { kind: 'known-hosts', files: ['/kh'] },
  auth: {},
};
const of = (change: Partial<SshTarget> = {}, more: Partial<SystemLogin> = {}) =>
  masterArguments({ ...target, ...change }, { ...login, ...more }, { place, times });
const terminal = { take: async () => ({ [Symbol.dispose]: () => undefined }), say: () => undefined };

describe('masterArguments', () => {
  it('let ssh ask nothing without a terminal, and let it ask with one', () => {
    expect(of()).toEqual(expect.arrayContaining(['BatchMode=yes', 'StrictHostKeyChecking=yes']));
    expect(of({}, { terminal })).toEqual(expect.arrayContaining(['BatchMode=no', 'StrictHostKeyChecking=ask']));
  });

  it('never let ssh ask about a host with pinned keys, and accept the pinned keys alone', () => {
    expect(of({ hostKeys: { kind: 'pinned', keys: [] } }, { terminal })).toEqual(
      expect.arrayContaining([
        'StrictHostKeyChecking=yes',
        'UserKnownHostsFile="/p/100%% my pins"',
        'GlobalKnownHostsFile=/dev/null',
        'VerifyHostKeyDNS=no',
        'NoHostAuthenticationForLocalhost=no',
      ]),
    );
  });

  it('hold no private key', () => {
    const args = of({ auth: { privateKey: new Secret('very secret') } });
    expect(args.join(' ')).not.toContain('very secret');
    expect(args).toEqual(
      expect.arrayContaining(['IdentityFile=/p/key', 'IdentitiesOnly=yes', 'PreferredAuthentications=publickey']),
    );
  });

  it('override only the settings that would keep ssh from being a master', () => {
    expect(of()).toContain('remotecommand=none');
    const kerberos = parseEffectiveSettings('gssapikeyexchange yes\n');
    expect(of({}, { settings: kerberos })).toContain('gssapikeyexchange=no');
    expect(of({}, { settings: parseEffectiveSettings('') }).join(' ')).not.toMatch(
      /remotecommand|knownhostscommand|gssapi/i,
    );
  });

  it('end with -- before the host, so that no name is read as an option', () => {
    expect(of({}, { name: '-oProxyCommand=x' }).slice(-3)).toEqual(['--', '-oProxyCommand=x', 'exit 0']);
    expect(settingsArguments({ name: '-x' }, { port: 22, user: 'me' })).toEqual([
      '-G',
      '-T',
      '-p',
      '22',
      '-l',
      'me',
      '--',
      '-x',
    ]);
  });
});

describe('parseEffectiveSettings', () => {
  it('reads the output of ssh -G', () => {
    const text =
      'user me\nhostname 10.0.0.1\nport 2222\nstricthostkeychecking false\ncontrolpath /run/cm-x\nuserknownhostsfile /a /b\nglobalknownhostsfile /c\nhostkeyalias gate\n';
    expect(parseEffectiveSettings(text)).toMatchObject({
      hostName: '10.0.0.1',
      port: 2222,
      user: 'me',
      hostKeyAlias: 'gate',
      userKnownHostsFiles: ['/a', '/b'],
      globalKnownHostsFiles: ['/c'],
      isHostKeyChecked: false,
      controlPath: '/run/cm-x',
    });
  });

  it('reads "none" as unset, and an absent setting as ssh\'s default', () => {
    expect(parseEffectiveSettings('controlpath none\n')).toMatchObject({
      controlPath: undefined,
      isProxied: false,
      isHostKeyChecked: true,
    });
  });

  it.each(['proxyjump login', 'proxycommand ssh -W %h:%p login'])('detects another host in between: %s', (line) =>
    expect(parseEffectiveSettings(`hostname gate\n${line}\n`).isProxied).toBe(true),
  );
});
