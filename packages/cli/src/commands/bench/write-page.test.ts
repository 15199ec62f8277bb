import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { checkPagePlace, writePage } from './write-page.ts';

let folder = '';
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'bench-page-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

it('A page that cannot be written is refused before anything is measured', async () => {
  await writeFile(join(folder, 'file'), '');
  for (const place of ['nowhere/page.html', 'file/page.html', '.']) {
    await expect(checkPagePlace(join(folder, place))).rejects.toMatchObject({
      code: 'bench_failed',
      message: expect.stringMatching(/^cannot write the page .* because /),
    });
  }
});

it.skipIf(process.getuid?.() === 0)('A folder that is not writable is refused too', async () => {
  await chmod(folder, 0o500);
  await expect(checkPagePlace(join(folder, 'page.html'))).rejects.toMatchObject({ code: 'bench_failed' });
});

it('The check creates nothing, and accepts a page that is there', async () => {
  await checkPagePlace(join(folder, 'page.html'));
  expect(await readdir(folder)).toEqual([]);
  expect(await writePage(join(folder, 'page.html'), 'a')).toBeUndefined();
  await checkPagePlace(join(folder, 'page.html'));
  expect(await readFile(join(folder, 'page.html'), 'utf8')).toBe('a');
});

it('A page that fails at the end, as on a full disk, is an error to be told beside the figures', async () => {
  expect(await writePage(join(folder, 'gone', 'page.html'), 'a')).toMatchObject({ code: 'bench_failed' });
});
