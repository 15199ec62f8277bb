// What every private SSH server must do, and what a connection of either driver does over it. Runs against sshd with ssh2 and
// with the system's ssh, and against the builtin server with ssh2.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Duplex, Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { detach, isCodedError } from '@fairlead/kit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openSsh } from '../connection/open-ssh.ts';
import type { SshConnection } from '../connection/ssh-connection.ts';
import type { SshDriver } from '../ssh-destination.ts';
import { createSshRunner } from '../ssh-runner.ts';
import { openTestSsh, type TestSsh } from '../testing.ts';
import type { LocalSshServer } from './local-ssh-server.ts';

/** Input without an end, so that a command that reads it runs until its channel closes. */
const endless = () => new Readable({ read() {} });

export function describeLocalSshServer(kind: LocalSshServer['kind'], driver: SshDriver = 'ssh2'): void {
  describe(`${kind}: a private SSH server, reached by ${driver}`, () => {
    let server: TestSsh;
    let connection: SshConnection;
    let isOpen = false;
    let count = 0;
    const socketPath = () => join(server.dir, `s${++count}.sock`);
    const echo = (stream: Duplex) => {
      stream.on('data', (chunk: Buffer) => stream.write(chunk));
      stream.on('end', () => stream.end());
    };

    beforeAll(async () => {
      server = await openTestSsh(kind);
    });
    afterAll(async () => {
      await connection[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    });
    // Tests share one login until one of them closes it.
    beforeEach(async () => {
      if (isOpen) return;
      connection = await openSsh(driver === 'ssh' ? await server.systemTarget() : server.target);
      isOpen = true;
      detach(connection.closed.then(() => (isOpen = false)));
    });

    it('runs a command and tells output, errors and exit code apart', async () => {
      const result = await connection.run('cat; echo oops >&2; exit 3', { stdin: 'in' });
      expect(result).toEqual({ code: 3, signal: undefined, stdout: 'in', stderr: 'oops\n' });
    });

    it('reports the exit code of a command that closed its output long before', async () => {
      expect(await connection.run('exec >&- 2>&-; sleep 0.3; exit 5')).toMatchObject({ code: 5 });
    });

    it('reports the signal that ended a command', async () => {
      expect(await connection.run('kill -TERM $$')).toMatchObject({ code: null, signal: 'SIGTERM' });
    });

    it("runs a command without the start-up files of this user's shell", async () => {
      // bash increments SHLVL, and reads ~/.bashrc where it was not set. Other shells pass it on unchanged.
      const { stdout } = await connection.run('echo ${BASH_VERSION:+bash} $SHLVL');
      expect(stdout).toMatch(/^(bash 2|1)$/m);
    });

    it('returns a large output unchanged', async () => {
      const bytes = randomBytes(3_000_000).toString('base64');
      const { stdout } = await connection.run('cat', { stdin: bytes });
      expect(stdout === bytes).toBe(true);
    });

    it('ends a command that prints too much', async () => {
      await expect(connection.run('yes', { maxOutputBytes: 100_000 })).rejects.toMatchObject({
        code: 'output_too_large',
      });
    });

    it('gives up on a command that takes too long, and still runs the next one', async () => {
      await expect(connection.run('cat', { stdin: endless(), timeoutMs: 100 })).rejects.toMatchObject({
        code: 'timeout',
      });
      expect(await connection.run('exit 0')).toMatchObject({ code: 0 });
    });

    it('gives up on a command when its signal fires', async () => {
      const abort = new AbortController();
      const running = connection.run('cat', { stdin: endless(), signal: abort.signal });
      abort.abort(new Error('enough'));
      await expect(running).rejects.toThrow('enough');
    });

    it('runs many commands at once', async () => {
      const runner = createSshRunner(connection);
      const results = await Promise.all([1, 2, 3, 4, 5, 6].map((n) => runner.run(['echo', `${n} $HOME "'`])));
      expect(results.map(({ stdout }) => stdout)).toEqual([1, 2, 3, 4, 5, 6].map((n) => `${n} $HOME "'\n`));
    });

    it('streams the output of a running command and ends the command when disposed', async () => {
      const remote = await connection.stream(['sh', '-c', 'echo $$; exec sleep 600']);
      const [first] = (await once(remote.stdout, 'data')) as [Buffer];
      await remote[Symbol.asyncDispose]();
      const { code } = await connection.run(
        `while :; do case $(ps -o stat= -p ${first.toString().trim()}) in '' | Z*) exit 9 ;; esac; sleep 0.05; done`,
      );
      expect(code).toBe(9);
    });

    it('carries bytes in both directions through a socket on the server', async () => {
      const path = socketPath();
      await using listening = await connection.listen(path, echo);
      expect((await stat(listening.path)).mode & 0o777).toBe(0o600);
      const bytes = randomBytes(4_000_000);
      const stream = await connection.dial(path);
      stream.end(bytes);
      expect((await buffer(stream)).equals(bytes)).toBe(true);
    });

    it('passes a half-close on and still carries the answer', async () => {
      const path = socketPath();
      await using _listening = await connection.listen(path, (stream) => {
        text(stream).then(
          (question) => stream.end(`answer to ${question}`),
          () => stream.destroy(),
        );
      });
      const stream = await connection.dial(path);
      stream.end('question');
      expect(await text(stream)).toBe('answer to question');
    });

    it('closes the far end of a stream that is destroyed here', async () => {
      const path = socketPath();
      const { promise, resolve } = Promise.withResolvers<Duplex>();
      await using _listening = await connection.listen(path, resolve);
      const stream = await connection.dial(path);
      const far = await promise;
      far.resume();
      const closed = once(far, 'close');
      stream.destroy();
      far.end();
      await closed;
    });

    it('stops listening when the listener is disposed', async () => {
      const path = socketPath();
      const listening = await connection.listen(path, echo);
      await listening[Symbol.asyncDispose]();
      await expect(connection.dial(path)).rejects.toMatchObject({ code: 'dial_refused' });
    });

    it('refuses a socket that exists already', async () => {
      const path = socketPath();
      await using _listening = await connection.listen(path, echo);
      const again = connection.listen(path, echo);
      await expect(again).rejects.toSatisfy((error) => isCodedError(error, 'socket_exists', 'forward_forbidden'));
    });

    it('reports a socket on which nothing listens', async () => {
      await expect(connection.dial(socketPath())).rejects.toMatchObject({ code: 'dial_refused', retryable: true });
    });

    it('refuses a path that is too long for a socket', async () => {
      const path = join(server.dir, 'x'.repeat(110));
      await expect(connection.listen(path, echo)).rejects.toMatchObject({ code: 'socket_path_too_long' });
    });

    it('closes streams without an end event, and says why, when the session is cut', async () => {
      const path = socketPath();
      await connection.listen(path, (stream) => stream.write('first'));
      const stream = await connection.dial(path);
      await once(stream, 'data');
      const events: string[] = [];
      stream.on('end', () => events.push('end'));
      stream.on('error', (error) => events.push(isCodedError(error) ? error.code : 'other'));
      const waiting = connection.run('cat', { stdin: endless() }).catch((error: unknown) => error);
      const closed = once(stream, 'close').catch(() => undefined);
      await server.dropSessions();
      await closed;
      expect(events).toEqual(['connection_lost']);
      expect(await connection.closed).toMatchObject({ code: 'connection_lost', retryable: true });
      expect(await waiting).toMatchObject({ code: 'connection_lost' });
      await expect(connection.run('true')).rejects.toMatchObject({ code: 'connection_lost' });
    });

    it('closes without a cause when this side closes it', async () => {
      await connection[Symbol.asyncDispose]();
      expect(await connection.closed).toBeUndefined();
    });

    it("reads the gate's identity line, and the gate echoes pings", async () => {
      await using gate = await connection.gate(`echo banner; echo '{"a":1}'; exec cat`);
      expect(gate.identityLine).toBe('{"a":1}');
      expect(await gate.ping(2_000)).toBeGreaterThan(0);
      const [first, second] = await Promise.all([gate.ping(2_000), gate.ping(2_000)]);
      expect(first).toBeGreaterThan(0);
      expect(second).toBeGreaterThan(0);
    });

    it('reports the stderr of a gate that ended at once', async () => {
      const gate = connection.gate('echo no such thing >&2; exit 127');
      await expect(gate).rejects.toMatchObject({
        code: 'gate_failed',
        message: expect.stringMatching(/code 127.*no such thing/s) as string,
      });
    });

    it('notices a gate that no longer echoes', async () => {
      await using gate = await connection.gate(`echo '{}'; exec cat >/dev/null`);
      await expect(gate.ping(100)).rejects.toMatchObject({ code: 'timeout' });
    });

    it('uploads a file as a whole, with its mode', async () => {
      const path = join(server.dir, `up load'${++count}`);
      const bytes = randomBytes(1_000_000);
      const progress: number[] = [];
      await connection.upload(bytes, path, { mode: 0o640, onProgress: (sent) => progress.push(sent) });
      expect((await readFile(path)).equals(bytes)).toBe(true);
      expect((await stat(path)).mode & 0o777).toBe(0o640);
      expect(progress.at(-1)).toBe(bytes.length);
    });
  });
}
