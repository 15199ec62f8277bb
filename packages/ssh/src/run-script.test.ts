import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSsh } from './connection/open-ssh.ts';
import type { SshConnection } from './connection/ssh-connection.ts';
import { remoteScript } from './remote-script.ts';
import { runScript } from './run-script.ts';
import { createSshRunner } from './ssh-runner.ts';
import { openTestSsh, type TestSsh } from './testing.ts';

describe('through a login shell that prints lines of its own', () => {
  let dir: string;
  let server: TestSsh;
  let connection: SshConnection;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'fl-shell-'));
    const shell = join(dir, 'shell');
    await writeFile(
      shell,
      '#!/bin/sh\necho "Welcome to the cluster {"\necho "disk almost full" >&2\nexec /bin/sh "$@"\n',
    );
    await chmod(shell, 0o755);
    server = await openTestSsh('builtin', { shell });
    connection = await openSsh(server.target);
  });
  afterAll(async () => {
    await connection[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    await rm(dir, { recursive: true });
  });

  it('a command has only its own output', async () => {
    expect(await createSshRunner(connection).run(['sh', '-c', 'echo out; echo err >&2; exit 4'])).toEqual({
      code: 4,
      stdout: 'out\n',
      stderr: 'err\n',
    });
  });

  it('a file is uploaded', async () => {
    const path = join(server.dir, 'file');
    await connection.upload(Buffer.from('content'), path, { mode: 0o600 });
    expect(await readFile(path, 'utf8')).toBe('content');
  });

  it("the gate's identity line is found", async () => {
    await using gate = await connection.gate(`echo '{"fairlead":2}'; exec cat`);
    expect(gate.identityLine).toBe('{"fairlead":2}');
  });

  it('words, input and environment arrive unchanged', async () => {
    const words = ['a b', "it's", '"', '$HOME', '`id`', String.raw`\n`, '*', '', 'é\u{1f600}', 'x\ny', '!!'];
    const runner = createSshRunner(connection);
    const { stdout } = await runner.run(
      ['sh', '-c', 'printf "%s\\0" "$@"; cat; printf "%s" "$SECRET"', 'sh', ...words],
      {
        stdin: 'input\nwith lines',
        env: { SECRET: "s'e cret" },
      },
    );
    expect(stdout).toBe(`${words.map((word) => `${word}\0`).join('')}input\nwith liness'e cret`);
  });

  it('a stream can be the input', async () => {
    const chunks = ['a'.repeat(100_000), 'b'.repeat(100_000)];
    const { stdout } = await runScript(connection, 'wc -c', { stdin: Readable.from(chunks) });
    expect(stdout.trim()).toBe('200000');
  });

  it('a command does not take input that was cut off for all of it', async () => {
    const input = new PassThrough();
    const running = runScript(connection, 'cat >/dev/null; echo whole', { stdin: input });
    input.write('a part', () => input.destroy());
    await expect(running).rejects.toThrow('Premature close');
  });

  it('input that a command does not read is closed with the command', async () => {
    const input = new PassThrough();
    const closed = once(input, 'close').catch((error: unknown) => error);
    await expect(connection.run('echo enough', { stdin: input })).resolves.toMatchObject({ code: 0 });
    await closed;
    expect(input.destroyed).toBe(true);
  });

  it('a command that a signal ended has the exit code that a shell reports', async () => {
    expect(await createSshRunner(connection).run(['sh', '-c', 'kill -9 $$'])).toMatchObject({ code: 137 });
  });

  it('a missing command has the exit code 127', async () => {
    expect(await createSshRunner(connection).run(['no-such-command'])).toMatchObject({ code: 127 });
  });
});

describe('remoteScript', () => {
  it('keeps the script off the command line, which all shells read alike', () => {
    const { command } = remoteScript('echo secret', { args: ['secret'], env: { SECRET: 'secret' } });
    expect(command).not.toContain('secret');
    expect(command).not.toMatch(/[\\!\n]/);
  });

  it('refuses a variable that is not a shell name', () => {
    expect(() => remoteScript('', { env: { 'A; id': 'x' } })).toThrow(/shell name/);
  });
});

it('a script that is cut off does nothing, wherever it is cut', async () => {
  const { command, preamble } = remoteScript('echo ran; echo ran again');
  const run = (input: string) => spawnSync('sh', ['-c', command], { input, encoding: 'utf8' });
  for (let sizeBytes = 0; sizeBytes < preamble.length; sizeBytes += 1) {
    const { status, stdout } = run(preamble.slice(0, sizeBytes));
    expect({ sizeBytes, stdout, isOk: status === 0 }).toEqual({ sizeBytes, stdout: '', isOk: false });
  }
  expect(run(preamble)).toMatchObject({ status: 0, stdout: expect.stringContaining('ran\nran again\n') });
  // A shell for each byte.
}, 60_000);
