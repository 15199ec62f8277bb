import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { fairleadConfig } from './fairlead-config.ts';
import { readSite, readSiteFile } from './site-file.ts';

const profile = `
name: my-site
title: My site
login: [login.example.org]
partitions:
  - { name: gpu, gpu: a100:80, gpusPerNode: 4, cpusPerNode: 64, memoryGbPerNode: 512 }
cost: { perGpuHour: 2.5, unit: credits, source: the price list }
sources: [https://example.org/hardware]
`;

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'site-file-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function read(text: string) {
  const path = join(folder, 'site.yaml');
  await writeFile(path, text);
  return readSiteFile(path);
}

it('A site profile is read from YAML', async () => {
  expect(await read(profile)).toMatchObject({ name: 'my-site', partitions: [{ gpu: 'a100:80' }] });
});

it.each([
  ['a GPU type that is not known', profile.replace('a100:80', 'a100:64'), /partitions\.0\.gpu: must be one of t4:16, /],
  [
    'a mistyped key',
    profile.replace('gpusPerNode', 'gpusPerNod'),
    /gpusPerNod: is not a setting; did you mean gpusPerNode\?/,
  ],
  ['a price below nothing', profile.replace('2.5', '-1'), /cost\.perGpuHour: /],
  ['more GPUs than a node can have', profile.replace('gpusPerNode: 4', 'gpusPerNode: 65'), /gpusPerNode: .*<=64/],
  ['no partition', profile.replace(/partitions:\n.*\n/, 'partitions: []\n'), /partitions: /],
])('A site profile with %s is refused with the path of the field', async (_, text, message) => {
  await expect(read(text)).rejects.toMatchObject({ code: 'config_invalid', message: expect.stringMatching(message) });
});

it('A missing site profile is reported by its path', async () => {
  await expect(readSiteFile(join(folder, 'none.yaml'))).rejects.toMatchObject({
    code: 'config_unreadable',
    message: expect.stringContaining('none.yaml'),
  });
});

it('The setting `site` means a built-in profile by its name, and a file by its path', async () => {
  expect(await readSite('curc-alpine', '/nowhere')).toMatchObject({ cost: { unit: 'SU' } });
  await writeFile(join(folder, 'mine.yaml'), profile);
  expect(await readSite('~/mine.yaml', folder)).toMatchObject({ name: 'my-site' });
  const refused = fairleadConfig.safeParse({ clusters: { a: { site: 'mine.yaml' } } });
  expect(refused.error?.issues[0]?.message).toMatch(/must be one of curc-alpine, tud-capella, or an absolute path/);
});
