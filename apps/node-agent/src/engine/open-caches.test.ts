import { chmod, mkdtemp, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '@fairlead/kit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeDirectories, openCaches } from './open-caches.ts';

let folder: string;
const own = () => join(folder, `fairlead-cache-${process.getuid?.()}`);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fl-caches-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('openCaches makes the shared directory, and leaves the node alone then', async () => {
  const cacheDir = join(folder, 'a/b');
  const places = await openCaches({ cacheDir, scratchDir: folder }, silentLog);
  expect(places).toEqual({ shared: { path: cacheDir, isWritable: true }, local: undefined });
  expect((await stat(cacheDir)).mode & 0o777).toBe(0o700);
  await expect(stat(own())).rejects.toMatchObject({ code: 'ENOENT' });
});

it('openCaches makes a directory of the user alone on the node where the shared one cannot be used', async () => {
  const places = await openCaches({ cacheDir: '/proc/nothing', scratchDir: folder }, silentLog);
  expect(places).toEqual({ shared: { path: '/proc/nothing', isWritable: false }, local: own() });
  expect((await stat(own())).mode & 0o777).toBe(0o700);
});

it('openCaches takes no directory that another user could have prepared', async () => {
  await symlink('/tmp', own());
  expect((await openCaches({ scratchDir: folder }, silentLog)).local).toBeUndefined();
  await rm(own());
  await makeDirectories([own()], silentLog);
  await chmod(own(), 0o777);
  expect((await openCaches({ scratchDir: folder }, silentLog)).local).toBeUndefined();
});

it('makeDirectories goes on after one that cannot be made', async () => {
  const path = join(folder, 'made/deep');
  await makeDirectories(['/proc/nothing', path], silentLog);
  expect((await stat(path)).isDirectory()).toBe(true);
});
