import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createLocalRunner } from '@fairlead/scheduler';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { checkTokenFile } from './check-token-file.ts';

let folder = '';
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "fl 'token-"))));
afterEach(() => rm(folder, { recursive: true }));

const check = (name: string) =>
  checkTokenFile(join(folder, name), { runner: createLocalRunner(), label: 'login' }, new AbortController().signal);

async function put(name: string, text: string, mode: number): Promise<void> {
  await writeFile(join(folder, name), text);
  await chmod(join(folder, name), mode);
}

describe('The token file of a cluster', () => {
  it('is accepted where only its owner may read it, behind a link too', async () => {
    await put('token', 'hf_x\n', 0o600);
    await symlink('token', join(folder, 'link'));
    await check('token');
    await check('link');
    await put('token', 'hf_x\n', 0o400);
    await check('token');
    // The agent takes it for no token.
    await put('empty', '', 0o600);
    await check('empty');
  });

  it('is refused before anything is queued, with the reason', async () => {
    await put('open', 'hf_x', 0o640);
    await put('writable', 'hf_x', 0o602);
    await mkdir(join(folder, 'folder'));
    for (const [name, why] of [
      ['open', /others may read it or write it on login$/],
      ['writable', /others may read it or write it on login$/],
      ['folder', /it is no regular file on login$/],
      ['none', /it is not there on login$/],
    ] as const) {
      await expect(check(name)).rejects.toMatchObject({ code: 'config_invalid', message: expect.stringMatching(why) });
    }
  });

  it('is left to the job where the login host does not have its directory', () => check('only-on-nodes/token'));
});
