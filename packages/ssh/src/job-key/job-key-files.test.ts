import { mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { listJobKeyFiles } from './job-key-files.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fl-keys-'));
});
afterEach(() => rm(dir, { recursive: true }));

async function put(name: string, atSeconds: number): Promise<void> {
  await writeFile(join(dir, name), name);
  await utimes(join(dir, name), atSeconds, atSeconds);
}

it('lists keys, the newest first, and no other files', async () => {
  await put('job-aa', 1_000);
  await put('job-bb', 3_000);
  await put('job-cc', 2_000);
  await put('job-bb.json', 4_000);
  await put('.job-dd.1.part', 5_000);
  expect(await listJobKeyFiles(dir)).toEqual(['job-bb', 'job-cc', 'job-aa'].map((name) => join(dir, name)));
});

it('leaves out a key that was removed after the directory was read', async () => {
  await put('job-aa', 1_000);
  await symlink(join(dir, 'gone'), join(dir, 'job-bb'));
  expect(await listJobKeyFiles(dir)).toEqual([join(dir, 'job-aa')]);
});

it('lists no more keys than a server accepts offers', async () => {
  for (let at = 1; at <= 9; at += 1) await put(`job-${at}`, at);
  expect(await listJobKeyFiles(dir)).toHaveLength(4);
});

it.each([
  ['an empty directory', ''],
  ['a directory that is not there', 'none'],
])('says of %s what is missing and that it may come back', async (_, name) => {
  await expect(listJobKeyFiles(join(dir, name))).rejects.toMatchObject({
    code: 'key_unreadable',
    retryable: true,
    hint: expect.stringContaining('fairlead deploy'),
  });
});
