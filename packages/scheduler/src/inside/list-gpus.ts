// Which GPUs the job has: their names where nvidia-smi tells, else what the scheduler set.

import type { AskProgram } from './ask-program.ts';

const nvidiaSmiTimeoutMs = 20_000;

export async function listGpus(env: NodeJS.ProcessEnv, run: AskProgram, signal: AbortSignal): Promise<string[]> {
  const visible = visibleGpus(env);
  // On a node without cgroup constraints nvidia-smi shows all GPUs, not only the job's.
  const ids = visible.length > 0 ? ['-i', visible.join(',')] : [];
  const printed = await run(['nvidia-smi', '--query-gpu=name', '--format=csv,noheader', ...ids], {
    timeoutMs: nvidiaSmiTimeoutMs,
    signal,
  });
  const names = (printed ?? '').split('\n').map((line) => line.trim());
  const found = names.filter((name) => name !== '');
  return found.length > 0 ? found : visible.map((id) => `gpu ${id}`);
}

export function visibleGpus(env: NodeJS.ProcessEnv): string[] {
  const names = ['CUDA_VISIBLE_DEVICES', 'ROCR_VISIBLE_DEVICES', 'SLURM_STEP_GPUS', 'SLURM_JOB_GPUS'];
  const listed = names.map((name) => env[name]).find((value) => value !== undefined) ?? '';
  return listed
    .split(',')
    .map((id) => id.trim())
    .filter((id) => id !== '' && id !== 'NoDevFiles' && id !== '-1');
}
