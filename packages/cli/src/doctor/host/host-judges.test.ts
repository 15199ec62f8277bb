import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { openLocalHost } from '@fairlead/launch';
import { judgeClock } from './clock.ts';
import { askDirectory, type DirectoryFacts, type DirectoryNeeds, judgeDirectory } from './directory.ts';
import { judgeGpus } from './gpus.ts';
import { noteFolders } from './made-folders.ts';
import { judgeConfiguredNode } from './runtime.ts';
import { judgeShell } from './shell.ts';

const signal = new AbortController().signal;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fl-doctor-'));
});
afterEach(() => rm(folder, { recursive: true }));
const host = () => openLocalHost(folder, process.execPath);

const needs: DirectoryNeeds = {
  what: 'files',
  setting: 'paths.x',
  leastKb: 100,
  goodKb: 1000,
  runsPrograms: true,
  isLocal: true,
};
const good: DirectoryFacts = { path: '/x', at: '/x', isFile: false, fsType: 'ext4', freeKb: 5000 };

describe('A directory', () => {
  it('is looked at without a trace, also when it is not there yet', async () => {
    const facts = await askDirectory(host(), join(folder, 'a b', 'c'), { signal });
    expect(facts).toMatchObject({ at: folder, isFile: false });
    expect(facts).not.toHaveProperty('writeError');
    expect(facts).not.toHaveProperty('execError');
    expect(facts.freeKb).toBeGreaterThan(0);
    expect(await readdir(folder)).toEqual([]);
  });

  it('that is a file is told', async () => {
    await writeFile(join(folder, 'file'), '');
    expect(await askDirectory(host(), join(folder, 'file'), { signal })).toMatchObject({ isFile: true });
  });

  it.each([
    ['with room', {}, 'ok'],
    ['with little room', { freeKb: 500 }, 'warn'],
    ['that is full', { freeKb: 50 }, 'fail'],
    ['without inodes', { freeInodes: 0 }, 'fail'],
    ['that is a file', { isFile: true }, 'fail'],
    ['that takes no file', { writeError: 'Read-only file system' }, 'fail'],
    ['that runs nothing', { execError: 'Permission denied' }, 'fail'],
    ['that hosts share', { fsType: 'nfs' }, 'fail'],
  ] as const)('%s', (_what, facts, status) => expect(judgeDirectory({ ...good, ...facts }, needs).status).toBe(status));
});

it('noteFolders takes away what was made, and no folder that holds something', async () => {
  const state = join(folder, 'x', 'state');
  const tidy = await noteFolders(host(), state, ['jobs', 'keys'], signal);
  await mkdir(join(state, 'jobs'), { recursive: true });
  await mkdir(join(state, 'keys'));
  await tidy();
  expect(await readdir(folder)).toEqual([]);

  const again = await noteFolders(host(), state, ['jobs'], signal);
  await mkdir(join(state, 'jobs'), { recursive: true });
  await writeFile(join(state, 'mine'), '');
  await again();
  expect(await readdir(state)).toEqual(['mine']);
});

describe('judgeClock', () => {
  it.each([
    [900, 'ok'],
    [-9_000, 'ok'],
    [11_000, 'warn'],
    [-600_000, 'fail'],
    [Number.NaN, 'warn'],
  ] as const)('%s ms', (offsetMs, status) => expect(judgeClock(offsetMs, 'it').status).toBe(status));
});

describe('judgeShell', () => {
  it.each([
    ['a quiet one', 'fairlead-shell-works\n', 'ok'],
    ['one with a banner', 'Welcome!\nfairlead-shell-works\n', 'warn'],
    ['one that runs something else', '', 'fail'],
  ] as const)('%s', (_what, stdout, status) => expect(judgeShell({ code: 0, stdout, stderr: '' }).status).toBe(status));

  it('one whose start-up files read what is meant for the command', () =>
    expect(judgeShell({ code: 0, stdout: 'fairlead-shell-works\n', stderr: '', hasInput: false })).toMatchObject({
      status: 'fail',
      found: expect.stringContaining('standard input') as unknown,
    }));
});

describe('judgeConfiguredNode', () => {
  it.each([
    ['v24.1.0', 'ok'],
    ['v22.18.0', 'ok'],
    ['v22.17.9', 'fail'],
    ['sh: not found', 'fail'],
  ] as const)('%s', (version, status) =>
    expect(judgeConfiguredNode('/n', 'node', new Map([['version', version]])).status).toBe(status),
  );
});

describe('judgeGpus', () => {
  it.each([
    ['as many as wanted', 2, { fl_gpus: 'A100, 80 GB, 550; A100, 80 GB, 550', fl_visible: '0,1' }, 'ok'],
    ['fewer', 2, { fl_gpus: 'A100, 80 GB, 550', fl_visible: '0' }, 'fail'],
    ['all of the node, given one', 1, { fl_gpus: 'A; B; C; D', fl_visible: '2' }, 'ok'],
    ['none wanted', 0, { fl_missing: 'yes' }, 'ok'],
    ['no nvidia-smi', 1, { fl_missing: 'yes', fl_visible: '0' }, 'warn'],
    ['a broken driver', 1, { fl_error: 'Driver/library version mismatch' }, 'fail'],
  ] as const)('%s', (_what, count, answers, status) =>
    expect(judgeGpus(count, new Map(Object.entries(answers))).status).toBe(status),
  );
});
