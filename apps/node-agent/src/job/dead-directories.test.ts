import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Scope, silentLog } from '@fairlead/kit';
import { expect, it } from 'vitest';
import { openCommonDirectory } from '../companion/open-common-directory.ts';
import { removeDeadDirectories } from './dead-directories.ts';
import { openNodeDirectory } from './open-node-directory.ts';

async function base(scope: Scope): Promise<string> {
  const dir = await mkdtemp('/tmp/fa-dd-');
  scope.defer(() => rm(dir, { recursive: true }));
  return dir;
}

/** A directory as a killed agent leaves it: with the mark of a process that is gone. */
async function leave(parent: string, name: string, owner?: string): Promise<void> {
  await mkdir(join(parent, name), { mode: 0o700 });
  await writeFile(join(parent, name, 'e.sock.out'), '');
  if (owner !== undefined) await writeFile(join(parent, name, 'owner'), owner);
}

it.runIf(process.platform === 'linux')(
  'an agent removes the directories of agents that were killed, and no others',
  async () => {
    await using scope = new Scope();
    const parent = await base(scope);
    await using living = await openNodeDirectory([parent]);
    const [pid = '', start = '', ...here] = (await readFile(join(living.path, 'owner'), 'utf8')).split(' ');
    const kept = living.path.slice(parent.length + 1);
    await leave(parent, 'fl-dead01', [pid, Number(start) - 1, ...here].join(' '));
    await leave(parent, 'fl-other1', [pid, Number(start) - 1, 'another-boot', here[1]].join(' '));
    await leave(parent, 'flc-dead1', [pid, Number(start) - 1, ...here].join(' '));
    await leave(parent, 'fl-unmark');
    await using common = await openCommonDirectory({
      scratchDir: parent,
      name: 'flc-living',
      maxBytes: 99,
      log: silentLog,
    });
    await leave(parent, 'other', [pid, Number(start) - 1, ...here].join(' '));
    await using next = await openNodeDirectory([parent]);
    const names = [
      kept,
      next.path.slice(parent.length + 1),
      common.path.slice(parent.length + 1),
      'fl-other1',
      'fl-unmark',
      'other',
    ];
    expect((await readdir(parent)).toSorted()).toEqual(names.toSorted());
  },
);

it('a base that cannot be read is passed over', async () => {
  await expect(removeDeadDirectories('/nowhere/at/all', silentLog)).resolves.toBeUndefined();
});
