// Tests that need the real programs: an ssh-agent that signs, a server with several host keys, a server with few sessions.

import { execFile, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import ssh2 from 'ssh2';
import { describe, expect, it } from 'vitest';
import { createEd25519KeyPair } from '../ed25519-key.ts';
import { hasSshd, openTestSshd } from '../testing.ts';
import { openSsh } from './open-ssh.ts';

const run = promisify(execFile);
const hasAgent = await Promise.all(['/usr/bin/ssh-agent', '/usr/bin/ssh-add'].map((path) => access(path))).then(
  () => true,
  () => false,
);
const rsaPem = () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
};
const publicLineOf = (pem: string) => {
  const key = ssh2.utils.parseKey(pem);
  if (key instanceof Error) throw key;
  return `${key.type} ${key.getPublicSSH().toString('base64')}`;
};

describe.skipIf(!(await hasSshd()))('openSsh and the real OpenSSH', () => {
  it.skipIf(!hasAgent)('logs in with keys that an agent holds, rsa too', async () => {
    const rsa = rsaPem();
    await using server = await openTestSshd({ authorizedKeys: [publicLineOf(rsa)] });
    await using agent = await openAgent();
    const stranger = createEd25519KeyPair();
    for (const [name, key] of [
      ['stranger', stranger.privateKey],
      ['rsa', rsa],
    ] as const) {
      await writeFile(join(server.dir, name), key, { mode: 0o600 });
      await run('/usr/bin/ssh-add', [join(server.dir, name)], { env: { SSH_AUTH_SOCK: agent.socketPath } });
    }
    const auth = { agentSocket: agent.socketPath };
    await using connection = await openSsh({ ...server.target, auth });
    expect(await connection.run('exit 0')).toMatchObject({ code: 0 });

    // Only the unauthorized key has its public half beside an identity file.
    await writeFile(join(server.dir, 'stranger.pub'), stranger.publicKey);
    await rm(join(server.dir, 'stranger'));
    const narrow = { ...auth, identityFiles: [join(server.dir, 'stranger')], identitiesOnly: true };
    await expect(openSsh({ ...server.target, auth: narrow })).rejects.toMatchObject({ code: 'auth_failed' });
  });

  it('recognizes a host by the only type of key that is on file', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'fl-'));
    const rsa = rsaPem();
    await writeFile(join(dir, 'rsa_host_key'), rsa, { mode: 0o600 });
    const files = join(dir, 'known_hosts');
    try {
      await using server = await openTestSshd({ extraConfig: [`HostKey ${join(dir, 'rsa_host_key')}`] });
      await writeFile(files, `[127.0.0.1]:${server.port} ${publicLineOf(rsa)}\n`);
      await using connection = await openSsh({ ...server.target, hostKeys: { kind: 'known-hosts', files: [files] } });
      expect(connection.hostKey.type).toBe('ssh-rsa');
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  it('reports a server that allows no more sessions', async () => {
    await using server = await openTestSshd({ extraConfig: ['MaxSessions 1'] });
    await using connection = await openSsh(server.target);
    await using _gate = await connection.gate(`echo '{}'; exec cat`);
    await expect(connection.run('exit 0')).rejects.toMatchObject({
      code: 'remote_command_failed',
      hint: expect.stringContaining('MaxSessions') as string,
    });
  });

  it('logs in repeatedly while other logins run', async () => {
    await using server = await openTestSshd();
    const codes = await Promise.all(
      Array.from({ length: 8 }, async () => {
        await using connection = await openSsh(server.target);
        return (await connection.run('exit 7')).code;
      }),
    );
    expect(codes).toEqual(Array.from({ length: 8 }, () => 7));
  });
});

async function openAgent(): Promise<{ socketPath: string } & AsyncDisposable> {
  const dir = await mkdtemp(join(tmpdir(), 'fl-agent-'));
  const socketPath = join(dir, 'a.sock');
  const agent = spawn('/usr/bin/ssh-agent', ['-D', '-a', socketPath], { stdio: ['ignore', 'pipe', 'inherit'] });
  // The agent prints the path of its socket when it listens.
  await once(agent.stdout, 'data');
  return {
    socketPath,
    async [Symbol.asyncDispose]() {
      const ended = once(agent, 'exit');
      agent.kill();
      await ended;
      await rm(dir, { recursive: true });
    },
  };
}
