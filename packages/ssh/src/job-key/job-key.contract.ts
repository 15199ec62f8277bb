// What the holder of a job's private key can do on the bastion: listen on unix sockets, reach the gate, and
// nothing else. Runs against sshd and the builtin server, with an ssh2 client that sends any request.

import { once } from 'node:events';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import type { Client } from 'ssh2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSsh } from '../connection/open-ssh.ts';
import type { SshConnection } from '../connection/ssh-connection.ts';
import type { LocalSshServer } from '../local-server/local-ssh-server.ts';
import type { SshTarget } from '../ssh-target.ts';
import { openTestSsh, type TestSsh } from '../testing.ts';
import { createJobKey, type JobKey } from './create-job-key.ts';
import { installJobKey, removeJobKey } from './install-job-key.ts';

export function describeJobKey(kind: LocalSshServer['kind']): void {
  describe(`${kind}: a job's key`, () => {
    let server: TestSsh;
    let user: SshConnection;
    let jobKey: JobKey;
    let jobTarget: SshTarget;
    let gatePath: string;
    const installed = () => ({
      connection: user,
      userTarget: server.target,
      jobKey,
      line: { gatePath, marker: 'cluster-1', expiresAt: new Date(Date.now() + 3_600_000) },
      path: server.authorizedKeysPath,
    });

    beforeAll(async () => {
      server = await openTestSsh(kind);
      user = await openSsh(server.target);
      jobKey = createJobKey();
      jobTarget = { ...server.target, auth: { privateKey: jobKey.privateKey } };
      const stateDir = join(server.dir, "state of 'alice' ü");
      await mkdir(stateDir, { mode: 0o700 });
      gatePath = join(stateDir, 'gate');
      await writeFile(gatePath, `#!/bin/sh\necho '{"asked":"'"$SSH_ORIGINAL_COMMAND"'"}'\nexec cat\n`);
      await chmod(gatePath, 0o700);
      await installJobKey(installed());
    });
    afterAll(async () => {
      await user[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    });

    it('reaches the gate with any command', async () => {
      await using job = await openSsh(jobTarget);
      await using gate = await job.gate('touch /tmp/never');
      expect(gate.identityLine).toBe('{"asked":"touch /tmp/never"}');
      expect(await gate.ping(2_000)).toBeGreaterThan(0);
    });

    it('listens on a unix socket that the user can dial', async () => {
      await using job = await openSsh(jobTarget);
      const path = join(server.dir, 'job.sock');
      await using _listening = await job.listen(path, (stream) => stream.end('from the job'));
      const stream = await user.dial(path);
      const [data] = (await once(stream, 'data')) as [Buffer];
      expect(data.toString()).toBe('from the job');
    });

    it('runs no command', async () => {
      const target = join(server.dir, 'command-ran');
      await using job = await openSsh(jobTarget);
      const { stdout } = await job.run(`touch ${target}; cat ${server.authorizedKeysPath}`);
      expect(stdout).not.toContain('ssh-ed25519 AAAA');
      await expect(stat(target)).rejects.toMatchObject({ code: 'ENOENT' });
    });

    it('uploads nothing', async () => {
      await using job = await openSsh(jobTarget);
      const path = join(server.dir, 'uploaded');
      const uploading = job.upload(Buffer.from('x'), path, { mode: 0o600, timeoutMs: 1_000 });
      await expect(uploading).rejects.toMatchObject({ code: expect.stringMatching(/timeout|upload_failed/) as string });
      await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
    });

    it('gets the gate in place of a shell', async () => {
      await using client = await rawLogin(jobTarget);
      const said = await ask<string>((done) => {
        client.ssh.shell(false, (error, channel) => {
          if (error) return done(undefined, error.message);
          channel.write('echo shell-$((40 + 2))\n');
          channel.once('data', (chunk: Buffer) => done(undefined, chunk.toString()));
        });
      });
      expect(said).not.toContain('shell-42');
    });

    it('gets no terminal', async () => {
      await using client = await rawLogin(jobTarget);
      const asking = ask((done) => client.ssh.exec('x', { pty: true }, (error) => done(error)));
      await expect(asking).rejects.toThrow(/pseudo-terminal/);
    });

    it('gets no sftp', async () => {
      await using client = await rawLogin(jobTarget);
      await expect(ask((done) => client.ssh.sftp((error) => done(error)))).rejects.toThrow();
    });

    it('dials no TCP port, not even the one its line names', async () => {
      const target = createServer((socket) => socket.end('secret'));
      target.listen(0, '127.0.0.1');
      await once(target, 'listening');
      const { port } = target.address() as { port: number };
      await using client = await rawLogin(jobTarget);
      for (const destination of [port, server.port, 1]) {
        const dialling = ask((done) => client.ssh.forwardOut('127.0.0.1', 0, '127.0.0.1', destination, (e) => done(e)));
        await expect(dialling).rejects.toThrow(/open failure/);
      }
      target.close();
    });

    it('dials no unix socket of the account', async () => {
      const path = join(server.dir, 'users.sock');
      await using _listening = await user.listen(path, (stream) => stream.end('secret'));
      await using job = await openSsh(jobTarget);
      await expect(job.dial(path)).rejects.toMatchObject({ code: 'dial_refused' });
    });

    it('cannot listen on TCP', async () => {
      await using client = await rawLogin(jobTarget);
      // Only root could listen on the port that the line names.
      for (const port of process.getuid?.() === 0 ? [0, 18_765] : [0, 1, 18_765]) {
        await expect(ask((done) => client.ssh.forwardIn('127.0.0.1', port, (e) => done(e)))).rejects.toThrow(/bind/);
      }
    });

    it('cannot replace a file of the account by a socket', async () => {
      const path = join(server.dir, 'precious');
      await writeFile(path, 'precious');
      await using job = await openSsh(jobTarget);
      await expect(job.listen(path, (stream) => stream.end())).rejects.toMatchObject({
        code: expect.stringMatching(/socket_exists|forward_forbidden/) as string,
      });
      expect(await readFile(path, 'utf8')).toBe('precious');
    });

    it('is refused after its expiry', async () => {
      const late = createJobKey();
      const line = { gatePath, marker: 'late', expiresAt: new Date(Date.now() - 48 * 3_600_000) };
      const before = await readFile(server.authorizedKeysPath, 'utf8');
      const installing = installJobKey({ ...installed(), jobKey: late, line });
      await expect(installing).rejects.toMatchObject({
        code: 'job_key_refused',
        hint: expect.stringContaining('restrict,port-forwarding') as string,
      });
      expect(await readFile(server.authorizedKeysPath, 'utf8')).toBe(before);
    });

    it('has one line, however often it is installed', async () => {
      const before = await readFile(server.authorizedKeysPath, 'utf8');
      const line = { ...installed().line, expiresAt: new Date(Date.now() + 7_200_000) };
      expect(await installJobKey({ ...installed(), line })).toMatchObject({ change: 'replaced' });
      expect(await installJobKey({ ...installed(), line })).toMatchObject({ change: 'none' });
      const after = await readFile(server.authorizedKeysPath, 'utf8');
      expect(after.split('\n')).toHaveLength(before.split('\n').length);
      expect((await stat(server.authorizedKeysPath)).mode & 0o777).toBe(0o600);
    });

    it('is removed again when its gate does not exist, and the file is as before', async () => {
      const before = await readFile(server.authorizedKeysPath, 'utf8');
      const line = { ...installed().line, gatePath: '/nonexistent/gate', marker: 'broken' };
      const installing = installJobKey({ ...installed(), jobKey: createJobKey(), line });
      await expect(installing).rejects.toMatchObject({ code: 'job_key_refused' });
      expect(await readFile(server.authorizedKeysPath, 'utf8')).toBe(before);
      await expect(stat(`${server.authorizedKeysPath}.fairlead-lock`)).rejects.toMatchObject({ code: 'ENOENT' });
    });

    it('is refused when another line gives the same key more rights', async () => {
      const both = createJobKey();
      const before = await readFile(server.authorizedKeysPath, 'utf8');
      await writeFile(server.authorizedKeysPath, `${before}${both.publicKey} somebody\n`);
      const installing = installJobKey({
        ...installed(),
        jobKey: both,
        line: { ...installed().line, marker: 'twice' },
      });
      await expect(installing).rejects.toMatchObject({ code: 'job_key_refused' });
      await writeFile(server.authorizedKeysPath, before);
    });

    it('is installed by three callers at once without loss', async () => {
      const keys = ['x', 'y', 'z'].map((name) => ({ name, key: createJobKey() }));
      await Promise.all(
        keys.map(({ name, key }) =>
          installJobKey({ ...installed(), jobKey: key, line: { ...installed().line, marker: `at-once-${name}` } }),
        ),
      );
      const text = await readFile(server.authorizedKeysPath, 'utf8');
      for (const { name } of keys) expect(text).toContain(`fairlead:at-once-${name}`);
    });

    it('is refused once removed, and the login of the user still works', async () => {
      const gone = createJobKey();
      const line = { ...installed().line, marker: 'gone' };
      await installJobKey({ ...installed(), jobKey: gone, line });
      const removal = { connection: user, userTarget: server.target, marker: 'gone', path: server.authorizedKeysPath };
      expect(await removeJobKey(removal)).toBe(true);
      expect(await removeJobKey(removal)).toBe(false);
      const login = openSsh({ ...server.target, auth: { privateKey: gone.privateKey } });
      await expect(login).rejects.toMatchObject({ code: 'auth_failed', retryable: false });
      await using again = await openSsh(server.target);
      expect(await again.run('exit 0')).toMatchObject({ code: 0 });
    });
  });
}

interface RawLogin extends AsyncDisposable {
  ssh: Client;
}

/** A plain ssh2 client, as an attacker would use. */
async function rawLogin(target: SshTarget): Promise<RawLogin> {
  const ssh = new ssh2.Client();
  const closed = new Promise<void>((resolve) => ssh.once('close', () => resolve()));
  ssh.on('error', () => undefined);
  const ready = once(ssh, 'ready');
  const privateKey = target.auth.privateKey?.reveal() ?? '';
  ssh.connect({ host: target.host, port: target.port, username: target.user, privateKey });
  await ready;
  return {
    ssh,
    async [Symbol.asyncDispose]() {
      ssh.end();
      await closed;
    },
  };
}

function ask<T>(start: (done: (error: Error | null | undefined, value?: T) => void) => void): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  start((error, value) => (error ? reject(error) : resolve(value as T)));
  return promise;
}
