import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findEngineKind, type PhaseSeen } from '@fairlead/engines';
import { Scope, silentLog } from '@fairlead/kit';
import { ManualClock } from '@fairlead/kit/testing';
import { expect, it } from 'vitest';
import { describeDownload, readDownload, watchDownload } from './watch-download.ts';

async function cacheOf(scope: Scope) {
  const dir = await mkdtemp('/tmp/fa-hub-');
  scope.defer(() => rm(dir, { recursive: true }));
  const place = findEngineKind('vllm').weights!('org/model', { HF_HOME: dir })!;
  expect(place.blobs).toBe(join(dir, 'hub/models--org--model/blobs'));
  await mkdir(place.blobs, { recursive: true });
  return place;
}

it('A download is seen by the bytes of the cache, against the size that the index of the model states', async () => {
  await using scope = new Scope();
  const place = await cacheOf(scope);
  expect(await readDownload({ blobs: '/nowhere', snapshots: '/nowhere' })).toEqual({
    haveBytes: 0,
    wantBytes: undefined,
  });
  await writeFile(join(place.blobs, 'abc.incomplete'), Buffer.alloc(300_000, 1));
  await writeFile(join(place.blobs, 'def'), Buffer.alloc(100_000, 1));
  expect(await readDownload(place)).toEqual({ haveBytes: 400_000, wantBytes: undefined });
  await mkdir(join(place.snapshots, 'main'), { recursive: true });
  const index = join(place.snapshots, 'main', 'model.safetensors.index.json');
  await writeFile(index, '{"metadata": {"total_size": 800000}, "weight_map": {}}');
  expect(await readDownload(place)).toEqual({ haveBytes: 400_000, wantBytes: 800_000 });
  await writeFile(index, 'no json');
  expect((await readDownload(place)).wantBytes).toBeUndefined();
});

it.each([
  [
    { haveBytes: 12.4e9, wantBytes: 16.1e9 },
    { phase: 'downloading', percent: 77, detail: '12.4 of 16.1 GB' },
  ],
  [
    { haveBytes: 17e9, wantBytes: 16e9 },
    { phase: 'downloading', percent: 100, detail: '17.0 of 16.0 GB' },
  ],
  [
    { haveBytes: 2e9, wantBytes: undefined },
    { phase: 'downloading', detail: '2.0 GB' },
  ],
])('A download of %j is told as %j', (download, seen) => {
  expect(describeDownload(download)).toEqual(seen);
});

it('A download is told only while bytes arrive, and no more once the weights are there', async () => {
  await using scope = new Scope();
  const place = await cacheOf(scope);
  const clock = new ManualClock();
  const seen: PhaseSeen[] = [];
  let isOver = false;
  const { signal } = new AbortController();
  await writeFile(join(place.blobs, 'abc'), Buffer.alloc(100_000, 1));
  const watching = watchDownload({
    place,
    onSeen: (one) => seen.push(one),
    isOver: () => isOver,
    clock,
    log: silentLog,
    signal,
  });
  /** Lets one look pass: it reads files, which takes turns of the loop. */
  const look = async (isSeen: () => boolean) => {
    await clock.advance(3_000, 3_000);
    await expect.poll(isSeen, { interval: 5 }).toBe(true);
    await expect.poll(() => clock.sleepers, { interval: 5 }).toBe(1);
  };
  // The first look has seen what is there.
  await expect.poll(() => clock.sleepers, { interval: 5 }).toBe(1);
  await writeFile(join(place.blobs, 'def.incomplete'), Buffer.alloc(100_000, 1));
  await look(() => seen.length === 1);
  isOver = true;
  await clock.advance(3_000, 3_000);
  await watching;
  expect(seen).toEqual([{ phase: 'downloading', detail: '0.0 GB' }]);
});

it.each(['/scratch/model', './model', '../a', 'model', 'a/b/c'])(
  'A model that is no name of a repository is not downloaded: %s',
  (model) => {
    expect(findEngineKind('vllm').weights!(model, { HOME: '/home/u' })).toBeUndefined();
  },
);
