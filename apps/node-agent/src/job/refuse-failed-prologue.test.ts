import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prologueFailure } from '@fairlead/scheduler';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { linesBefore, refuseFailedPrologue } from './refuse-failed-prologue.ts';

let jobDir = '';
beforeEach(async () => {
  jobDir = await mkdtemp(join(tmpdir(), 'fl-prologue-'));
});
afterEach(() => rm(jobDir, { recursive: true }));

const env = { [prologueFailure]: '7 module load cuda || exit 7' };
const log = `loading modules

Lmod has detected the following error: The following module(s) are unknown: "cuda"
fairlead: this line of the prologue failed on n1 with exit code 7: module load cuda || exit 7
2026-11-30T10:00:00Z agent 1.0.0 runs job 7 on n1
`;

it('refuseFailedPrologue names the line with the last lines that it printed', async () => {
  await writeFile(join(jobDir, 'job.log'), log);
  await expect(refuseFailedPrologue(env, jobDir)).rejects.toMatchObject({
    code: 'prologue_failed',
    message: 'this line of the prologue failed with exit code 7: module load cuda || exit 7',
    lastLines: [
      'loading modules',
      'Lmod has detected the following error: The following module(s) are unknown: "cuda"',
    ],
  });
});

it('refuseFailedPrologue does without a log, and passes a prologue that worked', async () => {
  await expect(refuseFailedPrologue(env, jobDir)).rejects.toMatchObject({ lastLines: [] });
  await expect(refuseFailedPrologue({}, jobDir)).resolves.toBeUndefined();
});

it('linesBefore takes the last five lines before the failure', () => {
  const many = Array.from({ length: 9 }, (_, index) => `line ${index}`);
  expect(linesBefore([...many, 'fairlead: this line of the prologue failed on n1', 'after'].join('\n'))).toEqual(
    many.slice(-5),
  );
});
