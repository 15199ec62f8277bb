// The remote scripts of an edit, run by a local shell with its own home directory.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, lstat, mkdir, mkdtemp, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { systemClock } from '@fairlead/kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CommandHost } from '../run-script.ts';
import { openKeysFile } from './keys-file.ts';

describe('openKeysFile', () => {
  let home: string;
  let host: CommandHost;
  const clock = { ...systemClock, sleep: async () => undefined };
  const usual = () => join(home, '.ssh', 'authorized_keys');
  const open = (path?: string) => openKeysFile({ host, path, clock });

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'fl-home-'));
    host = {
      async run(command, { stdin, encoding = 'utf8' } = {}) {
        const child = spawn('sh', ['-c', command], {
          env: { HOME: home, PATH: `${join(home, 'bin')}:${process.env['PATH']}` },
        });
        const outputs = Promise.all([text(child.stdout.setEncoding(encoding)), text(child.stderr)]);
        child.stdin.on('error', () => undefined);
        child.stdin.end(stdin);
        const [code] = (await once(child, 'close')) as [number | null];
        const [stdout, stderr] = await outputs;
        return { code, signal: undefined, stdout, stderr };
      },
    };
  });
  afterEach(() => rm(home, { recursive: true }));

  it('creates a missing directory and file, closed to others', async () => {
    {
      await using file = await open();
      expect(file).toMatchObject({ path: usual(), text: '' });
      await file.replace('line\n');
    }
    expect(await readFile(usual(), 'utf8')).toBe('line\n');
    expect((await stat(join(home, '.ssh'))).mode & 0o777).toBe(0o700);
    expect((await stat(usual())).mode & 0o777).toBe(0o600);
    await expect(stat(`${usual()}.fairlead-lock`)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it.each(['', 'a', 'a\n', '\n', '\n\na\n\n\nb\n\n', 'no last newline\n\n\nx'])(
    'reads %j byte for byte',
    async (content) => {
      await mkdir(join(home, '.ssh'));
      await writeFile(usual(), content);
      await using file = await open();
      expect(file.text).toBe(content);
    },
  );

  it('passes bytes through that are not UTF-8', async () => {
    await mkdir(join(home, '.ssh'));
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
    await writeFile(usual(), bytes);
    {
      await using file = await open();
      await file.replace(`${file.text}x`);
    }
    expect(await readFile(usual())).toEqual(Buffer.concat([bytes, Buffer.from('x')]));
    expect(await readFile(`${usual()}.fairlead-backup`)).toEqual(bytes);
  });

  it('keeps the mode, and a link stays a link', async () => {
    await mkdir(join(home, '.ssh'));
    await mkdir(join(home, 'dotfiles'));
    const real = join(home, 'dotfiles', 'keys');
    await writeFile(real, 'old\n');
    await chmod(real, 0o644);
    await symlink('../dotfiles/keys', usual());
    {
      await using file = await open();
      await file.replace('new\n');
    }
    expect(await readFile(real, 'utf8')).toBe('new\n');
    expect((await stat(real)).mode & 0o777).toBe(0o644);
    expect((await lstat(usual())).isSymbolicLink()).toBe(true);
  });

  it('refuses a link that leads to itself', async () => {
    await mkdir(join(home, '.ssh'));
    await symlink('authorized_keys', usual());
    await expect(open()).rejects.toMatchObject({ code: 'authorized_keys_not_writable' });
  });

  it('does not overwrite what another program wrote meanwhile', async () => {
    await using file = await open();
    await file.replace('ours\n');
    await writeFile(usual(), 'theirs\n');
    await expect(file.replace('ours again\n')).rejects.toMatchObject({ code: 'authorized_keys_changed' });
    expect(await readFile(usual(), 'utf8')).toBe('theirs\n');
  });

  it('runs one edit at a time, and takes over an abandoned lock', async () => {
    const lock = `${usual()}.fairlead-lock`;
    const first = await open();
    await expect(open()).rejects.toMatchObject({ code: 'authorized_keys_locked', retryable: true });
    const longAgo = Date.now() / 1000 - 3_600;
    await utimes(lock, longAgo, longAgo);
    {
      await using second = await open();
      await second.replace('second\n');
      await expect(first.replace('first\n')).rejects.toMatchObject({ code: 'authorized_keys_changed' });
      // The end of the first edit does not remove the lock of the second.
      await first[Symbol.asyncDispose]();
      await second.replace('second again\n');
    }
    expect(await readFile(usual(), 'utf8')).toBe('second again\n');
  });

  it('takes a lock that is released between the failed mkdir and the check', async () => {
    await mkdir(join(home, 'bin'));
    const failsOnce = `#!/bin/sh\nrm "$0"\nexit 1\n`;
    await writeFile(join(home, 'bin', 'mkdir'), failsOnce, { mode: 0o755 });
    await mkdir(join(home, '.ssh'));
    await using file = await open();
    expect(file.path).toBe(usual());
    await expect(stat(join(home, 'bin', 'mkdir'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('changes nothing of a file that it cannot replace', async () => {
    const elsewhere = join(home, 'not', 'there', 'keys');
    await expect(open(elsewhere)).rejects.toMatchObject({ code: 'authorized_keys_not_writable' });
  });

  it.skipIf(process.getuid?.() === 0)('reports a read-only directory', async () => {
    await mkdir(join(home, '.ssh'), { mode: 0o500 });
    await expect(open()).rejects.toMatchObject({ code: 'authorized_keys_not_writable' });
  });

  it('of 1 MB is old or new, never a part, wherever the connection breaks', { timeout: 120_000 }, async () => {
    await mkdir(join(home, '.ssh'));
    // The new content is the long one, because the connection breaks somewhere in it.
    const old = 'old\n';
    const next = `${'k'.repeat(99)}\n`.repeat(10_486);
    // The script knows no frames: it reads to the end and compares one checksum, so that cuts between these differ in nothing.
    // Pipes carry 64 KiB, cat reads 128 KiB at a time.
    const borders = [4_096, 65_536, 131_072, 131_072 * 5].flatMap((border) => [border - 1, border, border + 1]);
    const cuts = [0, 1, 99, 100, 101, ...borders, next.length - 100, next.length - 1];
    const edit = async (path: string) => {
      await writeFile(path, old);
      const run = host.run.bind(host);
      let cutBytes: number | undefined;
      const cutting: CommandHost = {
        run: (command, { stdin, ...options } = {}) =>
          run(command, { ...options, stdin: cutBytes === undefined ? stdin : (stdin as Buffer).subarray(0, cutBytes) }),
      };
      await using file = await openKeysFile({ host: cutting, path, clock });
      for (cutBytes = cuts.pop(); cutBytes !== undefined; cutBytes = cuts.pop()) {
        const cut = `cut after ${cutBytes} bytes`;
        await expect(file.replace(next), cut).rejects.toMatchObject({
          message: expect.stringContaining('cannot edit'),
        });
        expect(await readFile(path, 'latin1'), cut).toBe(old);
      }
      await file.replace(next);
      expect((await readFile(path, 'latin1')) === next).toBe(true);
    };
    await Promise.all([1, 2, 3].map((name) => edit(`${usual()}${name}`)));
    expect(cuts).toEqual([]);
  });

  it('is edited only after all of it was read', async () => {
    await mkdir(join(home, '.ssh'));
    await writeFile(usual(), 'first line\nsecond line\n');
    const run = host.run.bind(host);
    host.run = async (command, options) => {
      const result = await run(command, options);
      return { ...result, stdout: result.stdout.slice(0, -5) };
    };
    await expect(open()).rejects.toMatchObject({ code: 'authorized_keys_changed', retryable: true });
    // The next try takes the lock again.
    await expect(stat(`${usual()}.fairlead-lock`)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
