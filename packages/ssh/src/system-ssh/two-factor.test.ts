// A host that asks for a code besides the key, and whose block in ssh_config starts a second ssh: the user gives the code once.

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openSsh } from '../connection/open-ssh.ts';
import { resolveSshTarget } from '../resolve-ssh-target.ts';
import { openTestSsh, type TestSsh } from '../testing.ts';
import { runSsh } from './run-ssh.ts';
import type { SshTerminal } from './system-login.ts';

const run = promisify(execFile);
/** 8.4 can be told to ask a program and not the terminal. */
const canAsk = await runSsh(['-V'], process.env).then(
  ({ stderr }) => /OpenSSH_(?:8\.[4-9]|9|\d\d)/.test(stderr),
  () => false,
);
const code = '123 456';

describe.skipIf(!canAsk)('a login with a second factor (skipped where there is no OpenSSH 8.4 or newer)', () => {
  let server: TestSsh;
  let dir: string;
  let env: Record<string, string | undefined>;
  beforeAll(async () => {
    dir = await mkdtemp('/tmp/fl-2f-');
    server = await openTestSsh('builtin', { code });
    await writeFile(join(dir, 'ask'), `#!/bin/sh\necho "$1" >>${dir}/asked\necho "${code}"\n`, { mode: 0o700 });
    await writeFile(join(dir, 'kh'), `[127.0.0.1]:${server.port} ${server.hostKeyLine}\n`);
    const lines = [
      'Host gate',
      'HostName 127.0.0.1',
      `Port ${server.port}`,
      `IdentityFile ${server.userKeyFile}`,
      `UserKnownHostsFile ${dir}/kh`,
      `ControlPath ${dir}/cm`,
      'ControlMaster auto',
      'RemoteCommand exec ssh inner',
      'RequestTTY yes',
    ];
    await writeFile(join(dir, 'config'), `${lines.join('\n')}\n`);
    env = { ...process.env, SSH_ASKPASS: join(dir, 'ask'), SSH_ASKPASS_REQUIRE: 'force', SSH_AUTH_SOCK: undefined };
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await rm(dir, { recursive: true });
  });

  const resolve = (terminal?: SshTerminal) =>
    resolveSshTarget({ host: 'gate' }, { home: userInfo().homedir, env, sshConfigPath: join(dir, 'config'), terminal });
  const questions = async () =>
    (await readFile(join(dir, 'asked'), 'utf8').catch(() => '')).match(/Code:/g)?.length ?? 0;

  it('uses the open connection of the user and asks for no second code', async () => {
    // As a user does once in the morning.
    await run('ssh', ['-F', join(dir, 'config'), '-M', '-N', '-f', 'gate'], { env });
    expect(await questions()).toBe(1);
    const target = await resolve();
    expect(target.system?.because).toContain(`shares an open connection (${dir}/cm)`);
    for (const word of ['one', 'two']) {
      await using connection = await openSsh(target);
      expect(await connection.run(`echo ${word}`)).toMatchObject({ stdout: `${word}\n` });
    }
    expect(await questions()).toBe(1);
    await run('ssh', ['-F', join(dir, 'config'), '-O', 'exit', 'gate'], { env });
  });

  it('asks the user once if no connection is open, and does not start the command of the block', async () => {
    const terminal: SshTerminal = { take: async () => ({ [Symbol.dispose]: () => undefined }), say: () => undefined };
    const before = await questions();
    const plain = await resolve(terminal);
    // Without a shared connection ssh2 tries first, and has no code.
    expect(plain.system).toBeUndefined();
    await expect(openSsh(plain)).rejects.toMatchObject({
      code: 'auth_failed',
      hint: expect.stringContaining('driver: ssh') as string,
    });
    const target = await resolveSshTarget(
      { host: 'gate', driver: 'ssh' },
      { home: userInfo().homedir, env, sshConfigPath: join(dir, 'config'), terminal },
    );
    await using connection = await openSsh(target);
    expect(await connection.run('echo there')).toMatchObject({ stdout: 'there\n' });
    expect(await connection.run('tty')).toMatchObject({ stdout: 'not a tty\n' });
    expect(await questions()).toBe(before + 1);
  });

  it('is refused with the reason if there is no user to ask', async () => {
    const silent = await resolveSshTarget(
      { host: 'gate', driver: 'ssh' },
      { home: userInfo().homedir, env, sshConfigPath: join(dir, 'config') },
    );
    await expect(openSsh(silent)).rejects.toMatchObject({
      code: 'auth_failed',
      message: expect.stringContaining('it takes keyboard-interactive') as string,
      hint: expect.stringContaining('ControlMaster') as string,
    });
  });
});
