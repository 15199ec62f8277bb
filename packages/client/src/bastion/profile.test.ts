import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { LaptopProfile } from '@fairlead/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { readProfile, writeProfile } from './profile.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fl-profile-'));
  path = join(folder, 'profile.json');
});
afterEach(() => rm(folder, { recursive: true }));

const write = (content: string | Buffer) => writeFile(path, content, { mode: 0o600 });

test.each<[string, string | Buffer, RegExp]>([
  ['cut', '{"version":', /because it is not JSON: /],
  ['empty', '', /because it is not JSON: /],
  ['of bytes that are no text', Buffer.from([0, 255, 128, 10]), /because it is not JSON: /],
  ['of another kind', 'null', /because its content is wrong: .*received null/],
  ['without a bastion', '{"version":2}', /because its \w+ is wrong: /],
])('readProfile says what is wrong with a file that is %s, and how to mend it', async (_, content, why) => {
  await write(content);
  const failure = { code: 'profile_invalid', message: expect.stringMatching(why) };
  await expect(readProfile(path)).rejects.toMatchObject({ ...failure, hint: expect.stringContaining('fairlead init') });
});

test('readProfile says that a folder in its place cannot be read', async () => {
  await mkdir(path);
  await expect(readProfile(path)).rejects.toMatchObject({
    code: 'profile_invalid',
    message: expect.stringContaining('cannot be read: EISDIR'),
  });
});

test.skipIf(process.platform === 'win32')(
  'readProfile refuses a file that others may read, and leaves it',
  async () => {
    await write('{}');
    await chmod(path, 0o640);
    await expect(readProfile(path)).rejects.toMatchObject({ code: 'profile_unsafe' });
    expect(await readdir(folder)).toEqual(['profile.json']);
  },
);

test('readProfile says that there is none', async () => {
  await expect(readProfile(path)).rejects.toMatchObject({ code: 'profile_missing' });
});

test('writeProfile leaves the file that is there, and nothing else, when it fails', async () => {
  await write('before');
  await expect(writeProfile(path, {} as LaptopProfile)).rejects.toThrow();
  expect(await readdir(folder)).toEqual(['profile.json']);
  expect(await readFile(path, 'utf8')).toBe('before');
});
