import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { readTokenFile } from './read-token-file.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fl-token-'));
  path = join(folder, 'token');
  await writeFile(path, 'hf_secret\n', { mode: 0o600 });
});
afterEach(() => rm(folder, { recursive: true }));

describe('A token file', () => {
  it.each([0o600, 0o400])('of its owner alone is read (mode %o)', async (mode) => {
    await chmod(path, mode);
    expect((await readTokenFile(path))?.reveal()).toBe('hf_secret');
  });

  it.each([0o640, 0o604, 0o620, 0o644])('that others may use is refused with the cure (mode %o)', async (mode) => {
    await chmod(path, mode);
    await expect(readTokenFile(path)).rejects.toMatchObject({
      code: 'token_file_exposed',
      message: expect.stringContaining(`mode is 0${mode.toString(8)}`) as unknown,
      hint: expect.stringContaining(`chmod 600 ${path}`) as unknown,
    });
  });

  it.each(['~/.hf-token', 'token', '$HOME/token'])('is never looked for below the current directory: %s', (named) =>
    expect(readTokenFile(named)).rejects.toMatchObject({ code: 'token_file_unreadable' }),
  );

  it('that is missing is said to be', () =>
    expect(readTokenFile(join(folder, 'other'))).rejects.toMatchObject({ code: 'token_file_unreadable' }));

  it('that is a pipe is not waited for', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', ['-m', '600', pipe]);
    await expect(readTokenFile(pipe)).rejects.toMatchObject({ message: expect.stringContaining('regular') as unknown });
  });

  it('is none where none is named, or where it is empty', async () => {
    expect(await readTokenFile(undefined)).toBeUndefined();
    await writeFile(path, '\n');
    expect(await readTokenFile(path)).toBeUndefined();
  });
});
