import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSsh } from './connection/open-ssh.ts';
import type { SshConnection } from './connection/ssh-connection.ts';
import { openTestSsh, type TestSsh } from './testing.ts';
import { uploadError } from './upload-error.ts';

const run = promisify(execFile);

describe('upload', () => {
  let server: TestSsh;
  let connection: SshConnection;
  let dir: string;
  beforeAll(async () => {
    server = await openTestSsh('builtin');
    connection = await openSsh(server.target);
    dir = join(server.dir, 'up loads');
    await mkdir(dir);
  });
  afterAll(async () => {
    await connection[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  it('writes a file, and changes only the mode of one with the same content', async () => {
    const path = join(dir, 'a');
    await connection.upload({ path: server.userKeyFile }, path, { mode: 0o600 });
    expect(await readFile(path)).toEqual(await readFile(server.userKeyFile));
    const before = await stat(path);
    let sentBytes = 0;
    await connection.upload({ path: server.userKeyFile }, path, {
      mode: 0o400,
      onProgress: (sent) => {
        sentBytes = sent;
      },
    });
    const after = await stat(path);
    expect([after.ino, after.mode & 0o777, sentBytes]).toEqual([before.ino, 0o400, 0]);
  });

  it('accepts an empty file and a relative path', async () => {
    await connection.upload(Buffer.alloc(0), join(dir, 'empty'), { mode: 0o644 });
    expect((await stat(join(dir, 'empty'))).size).toBe(0);
  });

  it('replaces a file in one step', async () => {
    const path = join(dir, 'b');
    await writeFile(path, 'old');
    const held = await stat(path);
    await connection.upload(Buffer.from('new'), path, { mode: 0o600 });
    expect(await readFile(path, 'utf8')).toBe('new');
    expect((await stat(path)).ino).not.toBe(held.ino);
  });

  it('keeps the old file and leaves no trace when the content differs from what was announced', async () => {
    const path = join(dir, 'c');
    await writeFile(path, 'old');
    const uploading = connection.upload(Buffer.from('new'), path, { mode: 0o600, sha256: '0'.repeat(64) });
    await expect(uploading).rejects.toMatchObject({ code: 'upload_failed', retryable: true });
    expect(await readFile(path, 'utf8')).toBe('old');
    expect((await readdir(dir)).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('leaves no trace when its caller aborts it', async () => {
    const abort = new AbortController();
    const bytes = Buffer.alloc(64 << 20, 'x');
    const uploading = connection.upload(bytes, join(dir, 'd'), {
      mode: 0o600,
      signal: abort.signal,
      onProgress: () => abort.abort(new Error('enough')),
    });
    await expect(uploading).rejects.toThrow('enough');
    await connection.run(`while ls -a '${dir}' | grep -q part; do sleep 0.05; done`, { timeoutMs: 10_000 });
    expect(await readdir(dir)).not.toContain('d');
  });

  it('removes the file of an upload that died long ago', async () => {
    const old = join(dir, '.e.123.part');
    await writeFile(old, 'half');
    await utimes(old, 1, 1);
    await writeFile(join(dir, '.e.456.part'), 'of one that runs now');
    await connection.upload(Buffer.from('x'), join(dir, 'e'), { mode: 0o600 });
    expect((await readdir(dir)).filter((name) => name.startsWith('.e.'))).toEqual(['.e.456.part']);
  });

  it('names the wrong path', async () => {
    const missing = connection.upload(Buffer.from('x'), join(dir, 'no', 'x'), { mode: 0o600 });
    await expect(missing).rejects.toMatchObject({
      code: 'upload_failed',
      message: expect.stringMatching(/no\/x.*directory does not exist/) as string,
    });
    const directory = connection.upload(Buffer.from('x'), dir, { mode: 0o600 });
    await expect(directory).rejects.toMatchObject({
      message: expect.stringContaining('directory of that name') as string,
    });
  });

  it('reports a source that cannot be read', async () => {
    const uploading = connection.upload({ path: '/nonexistent/source' }, join(dir, 'x'), { mode: 0o600 });
    await expect(uploading).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it.skipIf(process.getuid?.() !== 0 || process.platform !== 'linux')('says so when the disk is full', async () => {
    const small = join(server.dir, 'small');
    await mkdir(small);
    await run('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', small]);
    try {
      const uploading = connection.upload(Buffer.alloc(1 << 20, 'x'), join(small, 'f'), { mode: 0o600 });
      await expect(uploading).rejects.toMatchObject({
        code: 'upload_failed',
        message: expect.stringContaining('disk there is full') as string,
      });
      expect(await readdir(small)).toEqual([]);
    } finally {
      await run('umount', [small]);
    }
  });

  it('ends with a lost connection, and reports that', async () => {
    const other = await openSsh(server.target);
    const { promise: begun, resolve } = Promise.withResolvers<void>();
    const uploading = other
      .upload(Buffer.alloc(256 << 20), join(dir, 'g'), { mode: 0o600, onProgress: () => resolve() })
      .catch((error: unknown) => error);
    await begun;
    await server.dropSessions();
    expect(await uploading).toMatchObject({ code: 'connection_lost' });
    await connection[Symbol.asyncDispose]();
    connection = await openSsh(server.target);
  });
});

it.each([
  ['sh: 1: cannot create /x: Disk quota exceeded', /quota/],
  ['cat: write error: No space left on device', /full/],
  ['sh: cannot create /x: Read-only file system', /read-only/],
  ['sh: cannot create /x: Permission denied', /may not write/],
  ['incomplete: got 5 of 9 bytes', /did not arrive/],
  ['something else', /something else/],
])('uploadError explains %j', (said, because) => {
  const error = uploadError({ label: 'host', remotePath: '/x/y', code: 1, said });
  expect(error.message).toMatch(because);
  expect(error.message).toContain('/x/y');
});
