import { describe, expect, test } from 'vitest';
import { pickExported, slurmVariables } from './job-environment.ts';
import type { LocalJobSpec } from './job-files.ts';

const outer = {
  HOME: '/home/alice',
  PATH: '/bin',
  LC_TIME: 'C',
  HF_TOKEN: 'secret',
  CONDA_PREFIX: '/conda',
  SLURM_GPUS: '1',
  SBATCH_QOS: 'x',
  FAIRLEAD_LOCAL_JOB: 'outer',
  UNSET: undefined,
};
const login = { HOME: '/home/alice', PATH: '/bin', LC_TIME: 'C' };

describe('pickExported', () => {
  test.each([
    ['NONE', login],
    ['', { ...login, HF_TOKEN: 'secret', CONDA_PREFIX: '/conda' }],
    ['ALL', { ...login, HF_TOKEN: 'secret', CONDA_PREFIX: '/conda' }],
    ['ALL,A=b', { ...login, HF_TOKEN: 'secret', CONDA_PREFIX: '/conda', A: 'b' }],
    ['CONDA_PREFIX,A=b=c', { ...login, CONDA_PREFIX: '/conda', A: 'b=c' }],
    ['SLURM_GPUS', login],
  ])('--export=%s', (exported, picked) => expect(pickExported(outer, exported)).toEqual(picked));
});

test('slurmVariables says what Slurm says', () => {
  const spec: LocalJobSpec = {
    version: 1,
    jobId: '7',
    name: 'fl-x',
    mark: 'm',
    submitMs: 0,
    submitter: { pid: 1, started: '' },
    workDir: '/w',
    stdoutPath: '/w/o',
    stderrPath: null,
    openMode: 'append',
    limitMs: null,
    warning: null,
    killWaitMs: 1,
    gpus: ['1', '3'],
  };
  const host = { node: 'box', user: 'alice', uid: 1000, cpus: 8 };
  expect(slurmVariables(spec, host, { startMs: 1_500, endMs: 61_500 })).toMatchObject({
    SLURM_JOB_ID: '7',
    SLURM_JOB_NAME: 'fl-x',
    SLURM_JOB_START_TIME: '1',
    SLURM_JOB_END_TIME: '61',
    SLURM_RESTART_COUNT: '0',
    SLURMD_NODENAME: 'box',
    SLURM_JOB_NODELIST: 'box',
    SLURM_JOB_GPUS: '1,3',
    CUDA_VISIBLE_DEVICES: '1,3',
    SLURM_GPUS_ON_NODE: '2',
  });
  const bare = slurmVariables({ ...spec, gpus: [] }, host, { startMs: 0 });
  expect(bare).not.toHaveProperty('CUDA_VISIBLE_DEVICES');
  expect(bare).not.toHaveProperty('SLURM_JOB_END_TIME');
});
