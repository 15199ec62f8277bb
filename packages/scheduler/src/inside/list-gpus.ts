// Which GPUs the job has: their names where nvidia-smi or rocm-smi tells, else what the scheduler set.

import type { AskProgram } from './ask-program.ts';
import { parseRocmCards, rocmField } from './rocm-cards.ts';

const timeoutMs = 20_000;

export async function listGpus(env: NodeJS.ProcessEnv, run: AskProgram, signal: AbortSignal): Promise<string[]> {
  const visible = visibleGpus(env);
  // On a node without cgroup constraints nvidia-smi shows all GPUs, not only the job's.
  const ids = visible.length > 0 ? ['-i', visible.join(',')] : [];
  const printed = await run(['nvidia-smi', '--query-gpu=name', '--format=csv,noheader', ...ids], { timeoutMs, signal });
  const names = (printed ?? '').split('\n').map((line) => line.trim());
  const found = names.filter((name) => name !== '');
  if (found.length > 0) return found;
  const cards = parseRocmNames((await run(['rocm-smi', '--showproductname', '--json'], { timeoutMs, signal })) ?? '');
  const own = cards.filter(({ index }) => visible.includes(String(index)));
  if (cards.length > 0) return (own.length > 0 ? own : cards).map(({ name }) => name);
  return visible.map((id) => `gpu ${id}`);
}

function parseRocmNames(printed: string): Array<{ index: number; name: string }> {
  return (parseRocmCards(printed)?.cards ?? []).map(({ index, fields }) => ({
    index,
    name: rocmField(fields, /^Card series$/i) ?? 'an AMD GPU',
  }));
}

export function visibleGpus(env: NodeJS.ProcessEnv): string[] {
  const names = ['CUDA_VISIBLE_DEVICES', 'ROCR_VISIBLE_DEVICES', 'SLURM_STEP_GPUS', 'SLURM_JOB_GPUS'];
  const listed = names.map((name) => env[name]).find((value) => value !== undefined) ?? '';
  return listed
    .split(',')
    .map((id) => id.trim())
    .filter((id) => id !== '' && id !== 'NoDevFiles' && id !== '-1');
}
