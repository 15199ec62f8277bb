import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { readLocalFiles } from './folder-files.ts';

let folder = '';
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'fl-folder-'))));
afterEach(() => rm(folder, { recursive: true }));

it('A folder whose weights are pointers of Git LFS is not planned with their size', async () => {
  await writeFile(join(folder, 'config.json'), '{}');
  await writeFile(join(folder, 'a.safetensors'), Buffer.alloc(4096));
  expect(await readLocalFiles(folder)).toMatchObject({ ok: true, files: { weightBytes: 4096 } });
  await writeFile(join(folder, 'b.safetensors'), 'version https://git-lfs.github.com/spec/v1\nsize 4976698672\n');
  expect(await readLocalFiles(folder)).toMatchObject({
    ok: false,
    reason: expect.stringMatching(/b\.safetensors is a pointer of Git LFS/),
  });
});

it('A folder without all of its weights says which are missing, and is not planned with the size of the others', async () => {
  await writeFile(join(folder, 'config.json'), '{}');
  expect(await readLocalFiles(folder)).toEqual({
    ok: true,
    files: { source: folder, config: {}, missing: ['every file of weights'] },
  });
  await writeFile(join(folder, 'model-00001-of-00002.safetensors'), Buffer.alloc(4096));
  const second = 'model-00002-of-00002.safetensors';
  expect(await readLocalFiles(folder)).toEqual({ ok: true, files: { source: folder, config: {}, missing: [second] } });
  await symlink(join(folder, 'gone'), join(folder, second));
  expect(await readLocalFiles(folder)).toMatchObject({ ok: true, files: { missing: [second] } });
  await rm(join(folder, second));
  await writeFile(join(folder, second), Buffer.alloc(100));
  const index = { metadata: { total_size: 4196 }, weight_map: { a: 'model-00001-of-00002.safetensors', b: second } };
  await writeFile(join(folder, 'model.safetensors.index.json'), JSON.stringify(index));
  const whole = { source: folder, config: {}, weightBytes: 4196, index };
  expect(await readLocalFiles(folder)).toEqual({ ok: true, files: whole });
  await writeFile(join(folder, 'modules.json'), '[]');
  expect(await readLocalFiles(folder)).toMatchObject({ files: { ...whole, pipelineTag: 'sentence-similarity' } });
});

it('A config.json that is a pipe or a device is refused, and not waited for', async () => {
  const refused = { ok: false, reason: expect.stringMatching(/it is no regular file/) };
  execFileSync('mkfifo', [join(folder, 'config.json')]);
  expect(await readLocalFiles(folder)).toMatchObject(refused);
  await rm(join(folder, 'config.json'));
  await symlink('/dev/zero', join(folder, 'config.json'));
  expect(await readLocalFiles(folder)).toMatchObject(refused);
});
