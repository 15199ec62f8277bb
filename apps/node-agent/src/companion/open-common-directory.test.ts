import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLog } from '@fairlead/kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCommonDirectory } from './open-common-directory.ts';

let base: string;
beforeAll(async () => void (base = await mkdtemp('/tmp/fd-')));
afterAll(() => rm(base, { recursive: true, force: true }));

const open = (scratchDir: string | undefined, maxBytes = 43) =>
  openCommonDirectory({ scratchDir, name: 'flc-0123456789', maxBytes, log: silentLog });

describe('the directory of a companion', () => {
  it('is for its user alone, and gone with all that is in it when it is disposed', async () => {
    const directory = await open(base);
    expect(directory.path).toBe(join(base, 'flc-0123456789'));
    expect((await stat(directory.path)).mode & 0o777).toBe(0o700);
    await writeFile(join(directory.path, 'token'), 'x');
    await directory[Symbol.asyncDispose]();
    await expect(stat(directory.path)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('is in /tmp where the path would be too long for sockets', async () => {
    await using directory = await open(join(base, 'a'.repeat(30)));
    expect(directory.path).toBe('/tmp/flc-0123456789');
  });

  it('is taken again where an agent of the job has left it, and refused where others may read it', async () => {
    await using directory = await open(base);
    await using again = await open(base);
    expect(again.path).toBe(directory.path);
    await chmod(directory.path, 0o755);
    await expect(open(base)).rejects.toMatchObject({ code: 'scratch_unusable' });
  });
});
