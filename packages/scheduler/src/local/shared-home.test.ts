// Machines that share one home: what a second one sees of the jobs of the first.

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defined, systemClock } from '@fairlead/kit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { claimGpus } from './gpu-claims.ts';
import { nodeName } from './host-identity.ts';
import {
  jobFiles,
  type LocalJobRecord,
  type LocalJobSpec,
  readRecord,
  readJobSpec,
  writeRecord,
  writeSpec,
} from './job-files.ts';
import { createLocalScheduler } from './local-scheduler.ts';

let dir: string;
let stateDir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fl-shared-'));
  stateDir = join(dir, 'state');
});
afterEach(() => rm(dir, { recursive: true }));

const scheduler = () => createLocalScheduler({ stateDir, gpus: ['0'], killWaitMs: 200 });
const look = async (jobId: string) => (await scheduler().observe([jobId])).get(jobId);

/** A process of this machine carries the number; it is not the one that is meant. */
const foreign = { pid: process.pid, started: '11111111-boot-of-the-other:77' };

async function jobOf(host: LocalJobSpec['host'], state: string | undefined): Promise<string> {
  const jobDir = jobFiles.dir(stateDir, '1');
  await mkdir(jobDir, { recursive: true });
  await mkdir(join(stateDir, 'names'), { recursive: true });
  await writeFile(join(stateDir, 'names', 'fl-demo'), '1');
  const from = defined({ host });
  await writeSpec(jobDir, {
    version: 1,
    jobId: '1',
    name: 'fl-demo',
    mark: 'm',
    submitMs: 1,
    ...from,
    submitter: foreign,
    workDir: dir,
    stdoutPath: join(dir, 'log'),
    stderrPath: null,
    openMode: 'append',
    limitMs: null,
    warning: null,
    killWaitMs: 1000,
    gpus: ['0'],
  });
  const record = { version: 1, reason: 'None', ...from, runner: foreign, script: foreign, startMs: 1 } as const;
  if (state !== undefined) await writeRecord(jobDir, { ...record, state } satisfies LocalJobRecord);
  return '1';
}

const lab1 = { name: 'lab1', bootId: '11111111-boot-of-the-other' };

describe('A job of another machine', () => {
  test.each([
    ['that runs', lab1, 'RUNNING', 'RUNNING on lab1'],
    ['that is being started', lab1, undefined, 'PENDING on lab1'],
    ['of an unknown name', undefined, 'RUNNING', 'RUNNING on another machine'],
  ])('%s is unknown here, and stays as it was', async (_what, host, state, raw) => {
    const jobId = await jobOf(host, state);
    const record = jobFiles.record(jobFiles.dir(stateDir, jobId));
    const before = state === undefined ? undefined : await readFile(record, 'utf8');
    expect(await look(jobId)).toMatchObject({ phase: { kind: 'unknown', raw } });
    expect((await scheduler().living('fl-')).map(({ name }) => name)).toEqual(['fl-demo']);
    if (before !== undefined) expect(await readFile(record, 'utf8')).toBe(before);
  });

  test('takes no order here, where its number is another process', async () => {
    const jobId = await jobOf(lab1, 'RUNNING');
    for (const how of ['drain', 'stop', 'kill'] as const)
      await expect(scheduler().cancel(jobId, how)).rejects.toMatchObject({
        code: 'job_elsewhere',
        message: expect.stringContaining('runs on lab1') as unknown,
      });
  });

  test('keeps its name, and its GPUs are not those of this machine', async () => {
    const jobId = await jobOf(lab1, 'RUNNING');
    await claimGpus({ stateDir, host: 'lab1', gpus: ['0'], isLive: () => Promise.resolve(true) }, jobId, 1);
    const scriptPath = join(dir, 'job.sh');
    await writeFile(scriptPath, `#!/bin/bash\n#SBATCH --output=${dir}/log --gres=gpu:1\nexec sleep 300\n`);
    const job = { scriptPath, workDir: dir };
    expect(await scheduler().submit({ ...job, name: 'fl-demo' })).toEqual({ jobId });
    const own = await scheduler().submit({ ...job, name: 'fl-own' });
    expect(await look(own.jobId)).toMatchObject({ phase: { kind: 'running' }, nodes: nodeName() });
    // Each file says where it was written.
    const ownDir = jobFiles.dir(stateDir, own.jobId);
    expect((await readJobSpec(ownDir))?.host?.name).toBe(nodeName());
    expect((await readRecord(ownDir))?.host).toEqual((await readJobSpec(ownDir))?.host);
    await scheduler().cancel(own.jobId, 'kill');
    while ((await look(own.jobId))?.phase.kind !== 'ended') await systemClock.sleep(10);
  });

  test('that has ended there has ended here', async () => {
    const jobId = await jobOf(lab1, 'COMPLETED');
    expect(await look(jobId)).toMatchObject({ phase: { kind: 'ended', outcome: 'completed' }, nodes: 'lab1' });
  });
});

test('A job of this machine whose boot is over has failed with its node', async () => {
  const jobId = await jobOf({ name: nodeName(), bootId: 'an-earlier-boot' }, 'RUNNING');
  expect(await look(jobId)).toMatchObject({ phase: { kind: 'ended', outcome: 'node_fail' } });
});
