import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { claimGpus, type GpuClaims, releaseGpus } from './gpu-claims.ts';

let claims: GpuClaims;
let dead: Set<string>;

beforeEach(async () => {
  dead = new Set();
  const stateDir = await mkdtemp(join(tmpdir(), 'fl-gpus-'));
  claims = { stateDir, host: 'lab1', gpus: ['0', '1', '2', '3'], isLive: (jobId) => Promise.resolve(!dead.has(jobId)) };
});
afterEach(() => rm(claims.stateDir, { recursive: true }));

test('no two jobs have the same GPU, also when they ask at once', async () => {
  const given = await Promise.all(['1', '2', '3', '4'].map((jobId) => claimGpus(claims, jobId, 1)));
  expect(given.flat().toSorted((a, b) => Number(a) - Number(b))).toEqual(['0', '1', '2', '3']);
});

test('all or none: a refused job leaves its GPUs to others', async () => {
  await claimGpus(claims, '1', 3);
  await expect(claimGpus(claims, '2', 2)).rejects.toMatchObject({
    code: 'gpus_busy',
    retryable: true,
    message: expect.stringContaining('2 GPUs are asked for and 1 of 4 are free'),
  });
  expect(await claimGpus(claims, '3', 1)).toEqual(['3']);
});

test('given back, they are free; given back by another, they are not', async () => {
  const mine = await claimGpus(claims, '1', 4);
  await releaseGpus(claims, '2', mine);
  await expect(claimGpus(claims, '3', 1)).rejects.toMatchObject({ code: 'gpus_busy' });
  await releaseGpus(claims, '1', mine);
  expect(await claimGpus(claims, '3', 4)).toEqual(mine);
});

test('machines that share a state directory give out their own GPUs, and free only those', async () => {
  const other = { ...claims, host: 'lab2' };
  const mine = await claimGpus(claims, '1', 4);
  expect(await claimGpus(other, '2', 4)).toEqual(mine);
  await releaseGpus(other, '1', mine);
  await expect(claimGpus(claims, '3', 1)).rejects.toMatchObject({ code: 'gpus_busy' });
});

test('what a job that ended still claims is taken over by one of those who want it', async () => {
  await claimGpus(claims, '1', 4);
  dead.add('1');
  const wanting = ['2', '3', '4', '5', '6', '7'];
  const answers = await Promise.allSettled(wanting.map((jobId) => claimGpus(claims, jobId, 1)));
  const given = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  expect(new Set(given).size).toBe(given.length);
  expect(given.length).toBeGreaterThan(0);
});
