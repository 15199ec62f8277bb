import { chmod, mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Scope } from '@fairlead/kit';
import { expect, it } from 'vitest';
import { openNodeDirectory } from './open-node-directory.ts';

async function base(scope: Scope): Promise<string> {
  const dir = await mkdtemp('/tmp/fa-nd-');
  scope.defer(() => rm(dir, { recursive: true }));
  return dir;
}

it('openNodeDirectory makes a directory for its owner alone, and removes it with all that is in it', async () => {
  await using scope = new Scope();
  const parent = await base(scope);
  const directory = await openNodeDirectory([parent]);
  expect((await stat(directory.path)).mode & 0o777).toBe(0o700);
  expect(dirname(directory.socketPath)).toBe(directory.path);
  await mkdir(join(directory.path, 'left'));
  await directory[Symbol.asyncDispose]();
  expect(await readdir(parent)).toEqual([]);
});

it('openNodeDirectory takes the next place when one is too long or missing, and leaves nothing there', async () => {
  await using scope = new Scope();
  const [long, short] = [join(await base(scope), 'x'.repeat(80)), await base(scope)];
  await mkdir(long);
  await using directory = await openNodeDirectory(['/nowhere/at/all', long, short]);
  expect(dirname(directory.path)).toBe(short);
  expect(await readdir(long)).toEqual([]);
});

it('openNodeDirectory says why each place failed', async () => {
  await expect(openNodeDirectory(['/nowhere/one', '/nowhere/two'])).rejects.toMatchObject({
    code: 'scratch_unusable',
    message: expect.stringMatching(/\/nowhere\/one.*\/nowhere\/two/),
  });
});

it.each([0o777, 0o775])('openNodeDirectory refuses a place that others may rename it in (mode %o)', async (mode) => {
  await using scope = new Scope();
  const parent = await base(scope);
  const inner = join(parent, 'inner');
  await mkdir(inner);
  await chmod(parent, mode);
  for (const open of [parent, inner]) {
    await expect(openNodeDirectory([open])).rejects.toMatchObject({
      code: 'scratch_unusable',
      message: expect.stringContaining(`others may replace what is in ${parent}: its mode is 0${mode.toString(8)}`),
      hint: expect.stringContaining('chmod +t'),
    });
  }
  expect(await readdir(parent)).toEqual(['inner']);
  await chmod(parent, mode | 0o1000);
  await using directory = await openNodeDirectory([inner]);
  expect(dirname(directory.path)).toBe(inner);
});
