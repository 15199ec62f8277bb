// `exec` on the command line: stdin, output, exit codes and signals pass through; users, directories and variables are as asked.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestbed, type Testbed } from '../../index.ts';
import { runArgv, type FinishedCommand } from '../../processes/run-command.ts';

const main = ['--conditions=fairlead-source', fileURLToPath(new URL('../../main.ts', import.meta.url))];
let testbed: Testbed;
beforeAll(async () => {
  testbed = await openTestbed({ nodes: 1 });
});
afterAll(async () => {
  await testbed[Symbol.asyncDispose]();
});

const execArgv = (...words: string[]) => [process.execPath, ...main, 'exec', '--name', testbed.name, ...words];
const exec = (words: string[], stdin = ''): Promise<FinishedCommand> => runArgv(execArgv(...words), { stdin });

/** Starts `exec` and resolves when the command inside has printed its first line. */
async function start(...words: string[]): Promise<{ child: ChildProcess; output: () => string }> {
  const [program, ...rest] = execArgv(...words);
  const child = spawn(program!, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (output.includes('\n')) resolve();
  });
  child.on('exit', () => reject(new Error('exec ended before the command printed anything')));
  await promise;
  return { child, output: () => output };
}

async function untilExit(child: ChildProcess): Promise<number | null> {
  const { promise, resolve } = Promise.withResolvers<number | null>();
  child.on('close', resolve);
  return promise;
}

describe('exec', () => {
  test('runs as alice in her home by default', async () => {
    expect(await exec(['laptop', '--', 'sh', '-c', 'id -un; pwd; hostname'])).toMatchObject({
      code: 0,
      stdout: 'alice\n/home/alice\nlaptop\n',
    });
    expect(
      await exec([
        'login',
        '--user',
        'bob',
        '--cwd',
        '/tmp',
        '--env',
        'X=a b',
        '--',
        'sh',
        '-c',
        'id -un; pwd; echo "$X"',
      ]),
    ).toMatchObject({
      stdout: 'bob\n/tmp\na b\n',
    });
    expect((await exec(['ctl', '--user', 'root', '--', 'id', '-u'])).stdout).toBe('0\n');
  });

  test('passes stdin, stdout and stderr through, byte for byte', async () => {
    const text = 'line\n'.repeat(200_000);
    const answer = await exec(['login', '--', 'sh', '-c', 'echo oops >&2; cat'], text);
    expect(answer.stderr).toBe('oops\n');
    expect(answer.stdout === text).toBe(true);
  });

  test('passes arguments through unchanged', async () => {
    const words = ['a b', '$HOME', "it's", '', '--', '-x'];
    expect((await exec(['laptop', '--', 'printf', '<%s>', ...words])).stdout).toBe(
      words.map((word) => `<${word}>`).join(''),
    );
  });

  test.each([
    ['exit 7', 7],
    ['kill -KILL $$', 137],
    ['nosuchcommand', 127],
  ])('reports how "%s" ended', async (script, code) => {
    expect((await exec(['laptop', '--', 'bash', '-c', script])).code).toBe(code);
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'passes %s to the command, which ends in its own way',
    async (signal) => {
      const name = signal.slice(3);
      const { child, output } = await start(
        'laptop',
        '--',
        'bash',
        '-c',
        `trap "echo got ${name}; exit 9" ${name}; echo started; sleep 100 >/dev/null & wait`,
      );
      child.kill(signal);
      expect(await untilExit(child)).toBe(9);
      expect(output()).toBe(`started\ngot ${name}\n`);
    },
  );

  test('ends a command that has no handler for a signal, and reports the signal', async () => {
    const { child } = await start('laptop', '--', 'sh', '-c', 'echo started; exec sleep 100');
    child.kill('SIGTERM');
    expect(await untilExit(child)).toBe(143);
  });

  test('ends the command when it is killed itself', async () => {
    const { child } = await start('node1', '--', 'sh', '-c', 'echo started; exec sleep 4711');
    child.kill('SIGKILL');
    const left = async () => (await testbed.exec('node1', ['pgrep', '-f', 'sleep 4711'], { user: 'root' })).code;
    await expect.poll(left).toBe(1);
  });

  test('says which hosts, users and testbeds there are when one is unknown', async () => {
    expect(await exec(['nowhere', '--', 'true'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('laptop, bastion, login'),
    });
    expect(await exec(['laptop', '--user', 'eve', '--', 'true'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('alice, bob'),
    });
    const other = await runArgv([process.execPath, ...main, 'exec', '--name', 'none-such', 'laptop', '--', 'true']);
    expect(other).toMatchObject({ code: 1, stderr: expect.stringContaining('npx pnpm@12 testbed up') });
  });
});

describe("the machine's files", () => {
  const made: string[] = [];
  afterAll(() => {
    for (const directory of made) rmSync(directory, { recursive: true });
  });
  /** A program in a directory that only its owner, root, may enter. */
  function program(parent: string, text: string): string {
    const directory = mkdtempSync(join(parent, 'fairlead-testbed-'));
    made.push(directory);
    mkdirSync(join(directory, 'bin'), { mode: 0o755 });
    writeFileSync(join(directory, 'bin', 'client'), `#!/bin/sh\necho ${text}\n`, { mode: 0o755 });
    return join(directory, 'bin', 'client');
  }

  test.each(['/tmp', homedir(), '/var/tmp'])(
    'are visible on the laptop, so that any client can run: %s',
    async (parent) => {
      const client = program(parent, 'first');
      expect(await exec(['laptop', '--', client])).toMatchObject({ code: 0, stdout: 'first\n' });
      expect(await exec(['laptop', '--', 'sh', '-c', `${client} | cat`])).toMatchObject({ code: 0, stdout: 'first\n' });
    },
  );

  test('are visible in their present state, also after a replacement', async () => {
    const client = program('/tmp', 'old');
    expect((await exec(['laptop', '--', client])).stdout).toBe('old\n');
    const directory = join(client, '..', '..');
    rmSync(directory, { recursive: true });
    expect((await exec(['laptop', '--', 'test', '-e', client])).code).toBe(1);
    mkdirSync(join(directory, 'bin'), { recursive: true });
    writeFileSync(client, '#!/bin/sh\necho new\n', { mode: 0o755 });
    expect((await exec(['laptop', '--', client])).stdout).toBe('new\n');
  });
});
