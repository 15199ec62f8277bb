import { rmSync } from 'node:fs';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { findProjectConfig } from './find-project-config.ts';

let top: string;
beforeEach(async () => {
  top = await realpath(await mkdtemp(join(tmpdir(), 'fl-find-')));
});
afterEach(() => rm(top, { recursive: true }));

it('A working directory that this user may not read has no project file and fails no command', async () => {
  const search = { home: join(top, 'home'), trusted: new Map(), caller: undefined };
  // As under `sudo -u` in the home of another user, where every look fails.
  expect(await findProjectConfig({ ...search, cwd: join(top, 'gone/sub') })).toEqual({ refused: [] });
});

it('A project file that vanishes while it is looked at is none', async () => {
  const file = join(top, 'fairlead.yaml');
  await writeFile(file, '{}');
  const caller = { uid: process.getuid?.() ?? 0 };
  const trusted = new (class extends Map<string, string> {
    override get(path: string): undefined {
      rmSync(path);
    }
  })();
  expect(await findProjectConfig({ home: top, cwd: top, trusted, caller })).toEqual({ refused: [] });
});
