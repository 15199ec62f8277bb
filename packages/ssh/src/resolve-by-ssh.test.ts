// Resolution of names on a machine with OpenSSH: `ssh -G` has the settings for both drivers and decides which one logs in.

import { createServer } from 'node:net';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createEd25519KeyPair } from './ed25519-key.ts';
import { resolveSshTarget } from './resolve-ssh-target.ts';
import type { SshDestination } from './ssh-destination.ts';
import { runSsh } from './system-ssh/run-ssh.ts';

const hasSsh = await runSsh(['-V'], process.env).then(
  ({ stderr }) => stderr.includes('OpenSSH'),
  () => false,
);
const home = userInfo().homedir;

describe.skipIf(!hasSsh)('resolveSshTarget, where ssh -G answers (skipped where there is no OpenSSH),', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'fl-g-'));
    await mkdir(join(dir, 'conf.d'));
  });
  afterEach(() => rm(dir, { recursive: true }));

  /** `DIR` in the configuration is the test's directory. */
  const resolve = async (config: string, destination: SshDestination = { host: 'gpu' }, env = process.env) => {
    const sshConfigPath = join(dir, 'config');
    await writeFile(sshConfigPath, config.replaceAll('DIR', dir));
    return resolveSshTarget(destination, { home, env, sshConfigPath });
  };
  const because = async (config: string, destination?: SshDestination) =>
    (await resolve(config, destination)).system?.because;

  it('evaluates criteria that only ssh evaluates', async () => {
    const negated = 'Match originalhost gpu* !host gate.example.org\n  ProxyJump gate.example.org\n';
    expect(await resolve(negated)).toMatchObject({ host: 'gpu', jump: { host: 'gate.example.org' } });
    const exec = `Match host gpu !exec "test -e DIR/inside"\n  ProxyJump gate\n`;
    expect((await resolve(exec)).jump).toMatchObject({ host: 'gate' });
    await writeFile(join(dir, 'inside'), '');
    expect((await resolve(exec)).jump).toBeUndefined();
  });

  it('uses the canonical name and the jump host of its block', async () => {
    const config =
      'CanonicalizeHostname yes\nCanonicalDomains localdomain.invalid\nCanonicalizeFallbackLocal yes\nMatch canonical host gpu\n  ProxyJump gate\n';
    expect(await resolve(config)).toMatchObject({ host: 'gpu', jump: { host: 'gate' } });
  });

  it('takes keywords in any case, the scope of an Include, and the first of ProxyCommand and ProxyJump', async () => {
    await writeFile(join(dir, 'conf.d', 'a'), 'Host *\n  User inner\n');
    const config =
      'Host gpu\n  Hostname login.example.org\n  ProxyCommand none\n  Include DIR/conf.d/*\nHost *\n  ProxyJump gate\nMatch host login.example.org\n  Port 2200\n';
    const target = await resolve(config);
    expect(target).toMatchObject({ host: 'login.example.org', port: 2200, user: 'inner' });
    expect(target.jump).toBeUndefined();
    expect(target.system).toBeUndefined();
    expect(await resolve('Host gpu\n  Include DIR/conf.d/*\n', { host: 'other' })).toMatchObject({
      user: userInfo().username,
    });
  });

  it('gives the same settings to a driver that the user names', async () => {
    const config =
      'Host gpu\n  Hostname login.example.org\n  User wang\n  HostKeyAlias g\n  UserKnownHostsFile DIR/kh/%k\n';
    const expected = {
      host: 'login.example.org',
      user: 'wang',
      hostKeys: { alias: 'g', files: expect.arrayContaining([join(dir, 'kh/g')]) as string[] },
    };
    expect(await resolve(config, { host: 'gpu', driver: 'ssh2' })).toMatchObject(expected);
    expect(await resolve(config, { host: 'gpu', driver: 'ssh' })).toMatchObject({
      ...expected,
      system: { name: 'gpu' },
    });
  });

  it("reads a ProxyCommand that is a plain jump, and leaves another to the system's ssh", async () => {
    for (const command of ['ssh -x -q u@gate -W %h:%p', '/usr/bin/ssh -W [%h]:%p u@gate', 'ssh -l u gate -W %h:%p']) {
      const target = await resolve(
        `ProxyCommand ${command}\nHost gate\n  ProxyCommand none\n  Port 24\n`.replace(
          'ProxyCommand',
          'Host gpu\n  ProxyCommand',
        ),
      );
      expect(target).toMatchObject({ jump: { host: 'gate', user: 'u', port: 24 } });
      expect(target.system).toBeUndefined();
    }
    const shell = 'Host gpu\n  ProxyCommand ssh -x -q $(echo %h | sed s/a/b/) -W %h:%p\n';
    expect(await because(shell)).toContain('ProxyCommand is more than a jump: ssh -x -q $(echo');
    await expect(resolve(shell, { host: 'gpu', driver: 'ssh2' })).rejects.toMatchObject({
      code: 'ssh_config_invalid',
      message: expect.stringContaining('more than a jump') as string,
    });
  });

  it("chooses the system's ssh for what a jump host wants, too", async () => {
    const config = 'Host gpu\n  ProxyJump gate\nHost gate\n  ProxyCommand nc %h %p\n';
    expect(await because(config)).toContain('of its jump host gate: its ProxyCommand');
  });

  it.each([
    ['PreferredAuthentications gssapi-with-mic', 'prefers gssapi-with-mic and no key'],
    ['PubkeyAuthentication no', 'PubkeyAuthentication no'],
    ['PKCS11Provider /usr/lib/opensc.so', 'on a smart card'],
    ['CertificateFile DIR/x-cert.pub', 'certificate DIR/x-cert.pub'],
    ['IdentityFile DIR/key', 'certificate DIR/key-cert.pub'],
    ['IdentityFile DIR/sk', 'DIR/sk is a FIDO key'],
    ['BindAddress 127.0.0.1', 'BindAddress 127.0.0.1'],
    ['RevokedHostKeys DIR/none', 'RevokedHostKeys'],
    ['UserKnownHostsFile DIR/kh', 'certificate authority (DIR/kh:1)'],
    ['ControlPath DIR/cm', 'shares an open connection (DIR/cm)'],
  ])("chooses the system's ssh for %s", async (line, why) => {
    const server = createServer().listen(join(dir, 'cm'));
    const { publicKey, privateKey } = createEd25519KeyPair();
    await writeFile(join(dir, 'x-cert.pub'), 'ssh-ed25519-cert-v01@openssh.com AAAA');
    await writeFile(join(dir, 'key'), privateKey, { mode: 0o600 });
    await writeFile(join(dir, 'key-cert.pub'), 'ssh-ed25519-cert-v01@openssh.com AAAA');
    await writeFile(join(dir, 'sk'), securityKey(), { mode: 0o600 });
    await writeFile(join(dir, 'kh'), `@cert-authority *.example.org ${publicKey}\n`);
    try {
      const config = `Host gpu\n  HostName gpu.example.org\n  ${line}\n`;
      expect(await because(config)).toContain(why.replaceAll('DIR', dir));
      // A user who asks for ssh2 gets it.
      expect((await resolve(config, { host: 'gpu', driver: 'ssh2' })).system).toBeUndefined();
    } finally {
      server.close();
    }
  });

  it('stays with its own driver for a plain key, an ordinary site file, and a host that known_hosts has', async () => {
    const { publicKey, privateKey } = createEd25519KeyPair();
    await writeFile(join(dir, 'key'), privateKey, { mode: 0o600 });
    await writeFile(join(dir, 'kh'), `@cert-authority * ${publicKey}\ngpu ${publicKey}\n`);
    const config =
      'Host *\n  GSSAPIAuthentication yes\n  ForwardAgent yes\n  RemoteCommand tmux\n  RequestTTY yes\n  ControlMaster auto\n  ControlPath DIR/none\n  IdentityFile DIR/key\n  UserKnownHostsFile DIR/kh\n';
    expect(await because(config)).toBeUndefined();
  });

  it('asks once for callers that ask at the same time, and again for the next one', async () => {
    await writeFile(
      join(dir, 'ssh'),
      `#!/bin/sh\necho asked >>${dir}/asked\nPATH=${process.env['PATH']} exec ssh "$@"\n`,
      {
        mode: 0o755,
      },
    );
    const env = { ...process.env, PATH: `${dir}:${process.env['PATH']}` };
    const gpu = { host: 'gpu' };
    const asked = async () => (await readFile(join(dir, 'asked'), 'utf8')).split('\n').length - 1;
    await writeFile(join(dir, 'config'), 'Host gpu\n  Port 5\n');
    const sshConfigPath = join(dir, 'config');
    await Promise.all([1, 2, 3].map(() => resolveSshTarget(gpu, { home, env, sshConfigPath })));
    expect(await asked()).toBe(1);
    expect(await resolve('Host gpu\n  Port 6\n', gpu, env)).toMatchObject({ port: 6 });
    expect(await asked()).toBe(2);
  });

  it("reports ssh's own refusal, with the line", async () => {
    await expect(resolve('Host gpu\n  Nonsense yes\n')).rejects.toMatchObject({
      code: 'ssh_config_invalid',
      message: expect.stringMatching(/config.*line 2.*nonsense/is) as string,
    });
  });

  it('reads the file itself where there is no ssh, and refuses by line what it does not judge', async () => {
    const without = { ...process.env, PATH: join(dir, 'nothing') };
    const gpu = { host: 'gpu' };
    expect(await resolve('Host gpu\n  Hostname login\nMatch host login\n  User wang\n', gpu, without)).toMatchObject({
      host: 'login',
      user: 'wang',
    });
    await expect(resolve('Host gpu\n  Port 5\nMatch host gpu !exec "true"\n', gpu, without)).rejects.toMatchObject({
      code: 'ssh_config_invalid',
      message: expect.stringContaining(`line 3 of ${join(dir, 'config')}`) as string,
    });
  });

  it('reads the file itself where a program of that name is no OpenSSH', async () => {
    await writeFile(join(dir, 'ssh'), '#!/bin/sh\necho "ssh: unknown option -- G" >&2\nexit 255\n', { mode: 0o755 });
    const env = { ...process.env, PATH: `${dir}:${process.env['PATH']}` };
    expect(await resolve('Host gpu\n  Port 5\n', { host: 'gpu' }, env)).toMatchObject({ port: 5 });
  });

  it('keeps an accepted host key in a file of its own where ssh keeps none', async () => {
    const config = 'UserKnownHostsFile /dev/null\nGlobalKnownHostsFile DIR/global\n';
    const kept = join(home, '.ssh', 'known_hosts_fairlead');
    const files = [kept, join(dir, 'global')];
    expect((await resolve(config)).hostKeys).toMatchObject({ files, addTo: kept, keptIn: kept });
    const bySsh = await resolve(config, { host: 'gpu', driver: 'ssh' });
    expect(bySsh).toMatchObject({ hostKeys: { files }, system: { keptKnownHosts: kept } });
  });
});

/** The file of a key on a token: its public half has the token's key type; the token keeps the private half. */
function securityKey(): string {
  const text = (value: string | Buffer) => {
    const size = Buffer.alloc(4);
    size.writeUInt32BE(value.length);
    return Buffer.concat([size, Buffer.from(value)]);
  };
  const publicKey = Buffer.concat([text('sk-ssh-ed25519@openssh.com'), text(Buffer.alloc(32, 1)), text('ssh:')]);
  const one = Buffer.from([0, 0, 0, 1]);
  const blob = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    text('none'),
    text('none'),
    text(''),
    one,
    text(publicKey),
    text('x'),
  ]);
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${blob.toString('base64')}\n-----END OPENSSH PRIVATE KEY-----\n`;
}
