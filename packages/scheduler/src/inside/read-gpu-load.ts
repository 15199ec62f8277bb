// How busy the job's GPUs are and how much of their memory is used, as nvidia-smi tells it.

import type { AskProgram } from './ask-program.ts';
import { visibleGpus } from './list-gpus.ts';

export interface GpuLoad {
  /** The index or UUID that nvidia-smi prints. */
  id: string;
  /** From 0 to 1. Absent where the driver does not tell, as for a MIG slice. */
  utilization?: number;
  memoryUsedBytes?: number;
  memoryTotalBytes?: number;
}

const timeoutMs = 5_000;
const bytesPerMib = 1024 * 1024;

/** Empty where there is no nvidia-smi, or it does not answer. */
export async function readGpuLoad(env: NodeJS.ProcessEnv, run: AskProgram, signal: AbortSignal): Promise<GpuLoad[]> {
  const visible = visibleGpus(env);
  // Without cgroup constraints nvidia-smi shows all GPUs of the node.
  const ids = visible.length > 0 ? (['-i', visible.join(',')] as const) : [];
  const query = '--query-gpu=index,utilization.gpu,memory.used,memory.total';
  const printed = await run(['nvidia-smi', query, '--format=csv,noheader,nounits', ...ids], { timeoutMs, signal });
  return parseGpuLoad(printed ?? '');
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
