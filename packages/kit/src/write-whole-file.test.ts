import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { writeWholeFile } from './write-whole-file.ts';

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'fl-replace-'))));
afterEach(() => rm(folder, { recursive: true }));

test('writeWholeFile makes a file of its user alone, or replaces the one that is there', async () => {
  const path = join(folder, 'a');
  await writeFile(path, 'old', { mode: 0o644 });
  for (const name of ['a', 'b']) await writeWholeFile(join(folder, name), `new ${name}`);
  expect([await readFile(path, 'utf8'), await readFile(join(folder, 'b'), 'utf8')]).toEqual(['new a', 'new b']);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await readdir(folder)).toSorted()).toEqual(['a', 'b']);
});

test('writeWholeFile leaves nothing beside what it cannot replace', async () => {
  await mkdir(join(folder, 'a', 'b'), { recursive: true });
  await expect(writeWholeFile(join(folder, 'a'), 'new')).rejects.toMatchObject({ code: expect.stringMatching(/^E/) });
  expect(await readdir(folder)).toEqual(['a']);
  await expect(writeWholeFile(join(folder, 'missing', 'a'), 'new')).rejects.toMatchObject({ code: 'ENOENT' });
});
