import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseSlurmNotice, readSlurmNotice } from './read-slurm-notice.ts';

/** As Slurm 22.05 wrote it. */
const notice = (why: string) =>
  `2026-11-21T06:47:00Z ready\nslurmstepd-node1: error: *** JOB 12 ON node1 CANCELLED AT 2026-11-21T06:47:00${why} ***\n`;

describe("Slurm's notice in the job's log", () => {
  it.each([
    [' DUE TO PREEMPTION', 'preempted'],
    [' DUE TO TIME LIMIT', 'time-limit'],
    [' DUE TO NODE FAILURE, SEE SLURMCTLD LOG FOR DETAILS', 'node-failure'],
    [' DUE TO JOB REQUEUE', 'requeued'],
    ['', 'cancelled'],
  ])('%j is %s', (why, said) => expect(parseSlurmNotice(notice(why), '12')).toBe(said));

  it('of a step of the job counts as well', () => {
    const step =
      'slurmstepd-node1: error: *** STEP 12.0 ON node1 CANCELLED AT 2026-11-21T06:47:00 DUE TO TASK FAILURE ***\n';
    expect(parseSlurmNotice(step, '12')).toBe('task-failure');
    expect(parseSlurmNotice(step.replace('12.0', '12.batch'), '12')).toBe('task-failure');
    expect(parseSlurmNotice(step, '1')).toBeUndefined();
  });

  it('of another job says nothing, nor does what an engine prints', () => {
    expect(parseSlurmNotice(notice(''), '13')).toBeUndefined();
    expect(parseSlurmNotice('CANCELLED AT 2026 DUE TO PREEMPTION ***\n', '12')).toBeUndefined();
  });

  it('is missing where there is no log', () => expect(readSlurmNotice('/nowhere', '12')).toBeUndefined());

  it('is missing where the log opens and cannot be read', async () => {
    const jobDir = await mkdtemp(join(tmpdir(), 'fl-notice-'));
    await mkdir(join(jobDir, 'job.log'));
    expect(readSlurmNotice(jobDir, '12')).toBeUndefined();
    await rm(jobDir, { recursive: true });
  });

  it('keeps the reason when further signals of the same end are told, and forgets it later', () => {
    const at = (time: string, why: string) =>
      `slurmstepd-node1: error: *** JOB 12 ON node1 CANCELLED AT 2026-11-21T${time}${why} ***\n`;
    const limit = at('06:47:00', ' DUE TO TIME LIMIT');
    expect(parseSlurmNotice(limit + at('06:47:30', ''), '12')).toBe('time-limit');
    expect(parseSlurmNotice(limit + at('06:57:00', ''), '12')).toBe('cancelled');
  });
});
