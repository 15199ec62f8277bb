import { expect, it } from 'vitest';
import { readJobIdentity } from './job-identity.ts';
import { listGpus } from './list-gpus.ts';
import type { AskProgram } from './ask-program.ts';

const signal = new AbortController().signal;

it('readJobIdentity reads what Slurm sets, and does without', () => {
  const env = {
    SLURM_JOB_ID: '4711',
    SLURM_RESTART_COUNT: '2',
    SLURM_JOB_START_TIME: '1795222770',
    SLURM_JOB_END_TIME: '1795226370',
  };
  expect(readJobIdentity(env)).toEqual({
    jobId: '4711',
    restart: 2,
    startMs: 1_795_222_770_000,
    deadlineMs: 1_795_226_370_000,
  });
  expect(readJobIdentity({})).toEqual({ jobId: 'none', restart: 0 });
});

it("listGpus asks nvidia-smi for the job's own GPUs only", async () => {
  const asked: Array<readonly string[]> = [];
  const run: AskProgram = async (argv) => {
    asked.push(argv);
    return 'NVIDIA A100-SXM4-40GB\nNVIDIA A100-SXM4-40GB\n';
  };
  const gpus = await listGpus({ CUDA_VISIBLE_DEVICES: '2,3' }, run, signal);
  expect(gpus).toEqual(['NVIDIA A100-SXM4-40GB', 'NVIDIA A100-SXM4-40GB']);
  expect(asked[0]).toContain('2,3');
});

it('listGpus names what the scheduler set where nvidia-smi is not there', async () => {
  const none: AskProgram = async () => undefined;
  expect(await listGpus({ CUDA_VISIBLE_DEVICES: '0,1' }, none, signal)).toEqual(['gpu 0', 'gpu 1']);
  expect(await listGpus({ CUDA_VISIBLE_DEVICES: 'NoDevFiles' }, none, signal)).toEqual([]);
});

it("listGpus asks rocm-smi where nvidia-smi is not there, and names the job's own GPUs", async () => {
  const series = 'Arcturus GL-XL [AMD Instinct MI100]';
  const card = { 'Card series': series, 'Card model': '0x0c34' };
  const run: AskProgram = async ([program]) =>
    program === 'rocm-smi' ? JSON.stringify({ card0: card, card1: card, system: {} }) : undefined;
  expect(await listGpus({ ROCR_VISIBLE_DEVICES: '1' }, run, signal)).toEqual([series]);
  expect(await listGpus({}, run, signal)).toEqual([series, series]);
});
