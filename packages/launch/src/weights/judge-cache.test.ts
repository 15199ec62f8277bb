import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createLocalRunner } from '@fairlead/scheduler';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { cacheArgv } from './cache-script.ts';
import { refuseWeights } from './check-weights.ts';
import { judgeCache } from './judge-cache.ts';

const listing = (...lines: string[]) => [...lines, 'fl end'].join('\n');
const there = ['fl cache /c', 'fl snapshot /c/s', 'fl file f 20 config.json'];

describe('judgeCache', () => {
  it.each([
    ['one file of weights', [...there, 'fl file f 9000 model.safetensors'], { kind: 'complete', sizeBytes: 9020 }],
    ['no snapshot', ['fl cache /c'], { kind: 'absent', place: '/c' }],
    [
      'partial files alone',
      ['fl cache /c', 'fl partial 700 abc.incomplete'],
      { kind: 'incomplete', partialBytes: 700 },
    ],
    [
      'an index that names more',
      [...there, 'fl file f 9 a.safetensors', 'fl indexed a.safetensors', 'fl indexed b.safetensors'],
      { kind: 'incomplete', missing: ['b.safetensors'] },
    ],
    [
      'a shard whose name counts three, before there is an index',
      [...there, 'fl file f 9 model-00002-of-00003.safetensors'],
      { kind: 'incomplete', missing: ['model-00001-of-00003.safetensors', 'model-00003-of-00003.safetensors'] },
    ],
    ['a link that leads nowhere', [...there, 'fl file l 76 model.safetensors'], { missing: ['model.safetensors'] }],
    ['an empty file', [...there, 'fl file f 0 model.safetensors'], { missing: ['model.safetensors'] }],
    ['settings alone', there, { kind: 'incomplete', missing: ['every file of weights'] }],
    ['weights alone', ['fl snapshot /s', 'fl file f 9 model.safetensors'], { missing: ['config.json'] }],
    ['one file of GGUF', ['fl snapshot /s', 'fl file f 9 model-q4.gguf'], { kind: 'complete' }],
    [
      "Mistral's own format",
      ['fl snapshot /s', 'fl file f 9 params.json', 'fl file f 9 consolidated.safetensors'],
      { kind: 'complete' },
    ],
    [
      'pointers of Git LFS',
      [...there, 'fl file f 130 m.safetensors', 'fl pointer m.safetensors'],
      { kind: 'pointers', files: ['m.safetensors'] },
    ],
  ])('reads %s', (_what, lines, found) => expect(judgeCache(listing(...lines))).toMatchObject(found));

  it('knows nothing of a listing without an end', () =>
    expect(judgeCache('fl cache /c\nfl snapshot /c/s')).toEqual({ kind: 'unknown' }));
});

describe('The listing of a real folder', () => {
  let home: string;
  const model = { model: 'org/tiny', kind: 'hub', env: {}, command: ['vllm'] } as const;
  const look = async (source: Parameters<typeof cacheArgv>[1]) => {
    const { stdout } = await createLocalRunner().run(cacheArgv({ env: { HF_HOME: join(home, 'hf') } }, source));
    return judgeCache(stdout);
  };
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'fl-weights-'));
  });
  afterEach(() => rm(home, { recursive: true }));

  it.each([
    ['below `paths.cache`', { paths: { cache: '/scratch/it’s ours' } }, '/scratch/it’s ours/huggingface/hub'],
    ['where HF_HOME says, which is stronger', { paths: { cache: '/scratch/c' }, env: { HF_HOME: '/hf' } }, '/hf/hub'],
  ])('lies %s', async (_where, cluster, cache) => {
    const { stdout } = await createLocalRunner().run(cacheArgv(cluster, model));
    expect(stdout).toContain(`fl cache ${cache}\n`);
  });

  it('is that of the cache that the job uses, through its links', async () => {
    const repo = join(home, 'hf/hub/models--org--tiny');
    const snapshot = join(repo, 'snapshots/c0ffee');
    for (const folder of ['blobs', 'refs', 'snapshots/c0ffee']) await mkdir(join(repo, folder), { recursive: true });
    await writeFile(join(repo, 'refs/main'), 'c0ffee');
    await writeFile(join(repo, 'blobs/one'), 'x'.repeat(5000));
    await writeFile(join(repo, 'blobs/two.1234abcd.incomplete'), 'x'.repeat(300));
    await writeFile(join(snapshot, 'config.json'), '{}');
    await writeFile(
      join(snapshot, 'model.safetensors.index.json'),
      '{"weight_map": {"a": "m1.safetensors", "b":"m2.safetensors"}}',
    );
    await symlink('../../blobs/one', join(snapshot, 'm1.safetensors'));
    await symlink('../../blobs/two', join(snapshot, 'm2.safetensors'));
    expect(await look(model)).toEqual({
      kind: 'incomplete',
      place: snapshot,
      missing: ['m2.safetensors'],
      partialBytes: 300,
    });
  });

  it('tells pointers of Git LFS from weights', async () => {
    const folder = join(home, 'a model');
    await mkdir(folder);
    await writeFile(join(folder, 'config.json'), '{}');
    await writeFile(
      join(folder, 'm.safetensors'),
      'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n',
    );
    const source = { ...model, model: folder, kind: 'folder' } as const;
    expect(await look(source)).toEqual({ kind: 'pointers', place: folder, files: ['m.safetensors'] });
  });
});

describe('refuseWeights', () => {
  const hub = { model: 'org/m', kind: 'hub' } as const;
  const folder = { model: '/models/m', kind: 'folder' } as const;
  it('shows the download that mends it', () => {
    const found = { kind: 'incomplete', place: '/c', missing: ['a', 'b', 'c', 'd'], partialBytes: 12e9 } as const;
    expect(refuseWeights({ ...found, missing: [...found.missing] }, hub, 'tb')).toMatchObject({
      code: 'weights_incomplete',
      message:
        'cannot deploy org/m on tb because compute nodes are offline and its weights in /c are incomplete: a, b, c and 1 more are missing, and 12.0 GB of a broken-off download lie there',
      hint: 'Download them first: fairlead prefetch org/m --on tb',
    });
  });
  it('leaves a folder that is not seen here, and whatever is not known, to the job', () => {
    expect(refuseWeights({ kind: 'absent', place: '' }, folder, 'tb')).toBeUndefined();
    expect(refuseWeights({ kind: 'unknown' }, hub, 'tb')).toBeUndefined();
    expect(refuseWeights({ kind: 'absent', place: '/c' }, hub, 'tb')?.message).toMatch(/are not in \/c$/);
  });
  it('knows how pointers of a clone are mended', () =>
    expect(refuseWeights({ kind: 'pointers', place: '/m', files: ['a'] }, folder, 'tb')?.hint).toMatch(/git lfs pull/));
});
