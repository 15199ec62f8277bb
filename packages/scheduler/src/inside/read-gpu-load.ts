// How busy the job's GPUs are and how much of their memory is used, as nvidia-smi or rocm-smi tells it.

import { defined } from '@fairlead/kit';
import type { AskProgram } from './ask-program.ts';
import { visibleGpus } from './list-gpus.ts';
import { parseRocmCards, rocmField, vramTotal, vramUsed } from './rocm-cards.ts';

export interface GpuLoad {
  /** The index or UUID that nvidia-smi prints, or the index of rocm-smi. */
  id: string;
  /** From 0 to 1. Absent where the driver does not tell, as for a MIG slice. */
  utilization?: number;
  memoryUsedBytes?: number;
  memoryTotalBytes?: number;
}

const timeoutMs = 5_000;
const bytesPerMib = 1024 * 1024;

/** Empty where neither program is there, or neither answers. */
export async function readGpuLoad(env: NodeJS.ProcessEnv, run: AskProgram, signal: AbortSignal): Promise<GpuLoad[]> {
  const found = await readNvidiaLoad(env, run, signal);
  return found.length > 0 ? found : readRocmLoad(env, run, signal);
}

async function readNvidiaLoad(env: NodeJS.ProcessEnv, run: AskProgram, signal: AbortSignal): Promise<GpuLoad[]> {
  const visible = visibleGpus(env);
  // Without cgroup constraints nvidia-smi shows all GPUs of the node.
  const ids = visible.length > 0 ? (['-i', visible.join(',')] as const) : [];
  const query = '--query-gpu=index,utilization.gpu,memory.used,memory.total';
  const printed = await run(['nvidia-smi', query, '--format=csv,noheader,nounits', ...ids], { timeoutMs, signal });
  return parseGpuLoad(printed ?? '');
}

async function readRocmLoad(env: NodeJS.ProcessEnv, run: AskProgram, signal: AbortSignal): Promise<GpuLoad[]> {
  const printed = await run(['rocm-smi', '--showuse', '--showmeminfo', 'vram', '--json'], { timeoutMs, signal });
  const loads = parseRocmLoad(printed ?? '');
  const visible = visibleGpus(env);
  // It shows all GPUs of the node; a job may name its own in another way than by their index.
  const own = loads.filter(({ id }) => visible.includes(id));
  return own.length > 0 ? own : loads;
}

export function parseRocmLoad(printed: string): GpuLoad[] {
  return (parseRocmCards(printed)?.cards ?? []).map(({ index, fields }) => {
    const busy = numberOf(rocmField(fields, /^GPU use \(%\)$/i));
    return {
      id: String(index),
      ...defined({
        utilization: busy === undefined ? undefined : Math.min(1, busy / 100),
        memoryUsedBytes: numberOf(rocmField(fields, vramUsed)),
        memoryTotalBytes: numberOf(rocmField(fields, vramTotal)),
      }),
    };
  });
}

export function parseGpuLoad(printed: string): GpuLoad[] {
  return printed.split('\n').flatMap((line) => {
    const [id = '', utilization, used, total, ...more] = line.split(',').map((cell) => cell.trim());
    if (!/^[\w-]{1,64}$/.test(id) || total === undefined || more.length > 0) return [];
    const load: GpuLoad = { id };
    const busy = numberOf(utilization);
    if (busy !== undefined) load.utilization = Math.min(1, busy / 100);
    const usedMib = numberOf(used);
    if (usedMib !== undefined) load.memoryUsedBytes = usedMib * bytesPerMib;
    const totalMib = numberOf(total);
    if (totalMib !== undefined) load.memoryTotalBytes = totalMib * bytesPerMib;
    return [load];
  });
}

function numberOf(cell: string | undefined): number | undefined {
  return cell !== undefined && /^\d+(\.\d+)?$/.test(cell) ? Number(cell) : undefined;
}
