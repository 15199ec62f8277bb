// Decides from what a node says of its GPUs whether the engine can start there, and which variables name its GPUs. Pure.

import type { EngineGpu } from '@fairlead/engines';
import { defined } from '@fairlead/kit';
import type { GpuFacts, GpuReport } from './gpu-facts.ts';

export interface GpuWish {
  /** Of this node. */
  gpus: number;
  /** The part of each GPU's memory that the engine takes at its start; absent: not known. */
  share?: number | undefined;
  /** The job's environment. */
  env: NodeJS.ProcessEnv;
}

export type GpuVerdict =
  | {
      ok: true;
      /** Changes of the environment; undefined removes a variable. */
      env: Record<string, string | undefined>;
      notes: readonly string[];
      gpu?: EngineGpu;
    }
  /** `mayPass`: the GPU may be free in a moment, such as after the end of a former engine. */
  | { ok: false; why: string; mayPass: boolean; isNode: boolean };

export function judgeNodeGpus(report: GpuReport, wish: GpuWish): GpuVerdict {
  const visible = visibleIn(report.vendor, wish.env);
  const own = ownGpus(report, visible);
  if (own.length < wish.gpus)
    return {
      ok: false,
      why: `the job asked for ${wish.gpus} GPUs, and the node shows it ${own.length} of them`,
      mayPass: false,
      isNode: visible.length >= wish.gpus,
    };
  const broken = own.find(({ faults }) => faults.length > 0);
  if (broken)
    return {
      ok: false,
      why: `GPU ${broken.index} (${broken.name}) is broken: ${broken.faults.join(', ')}`,
      mayPass: false,
      isNode: true,
    };
  const full = own.find((gpu) => wish.share !== undefined && freeShare(gpu) < wish.share);
  if (full) return { ok: false, why: fullWords(full, report, wish.share!), mayPass: true, isNode: true };
  const named = report.vendor === 'amd' ? nameAmd(visible) : nameNvidia(report, { visible, own, gpus: wish.gpus });
  if (typeof named === 'string') return { ok: false, why: named, mayPass: false, isNode: false };
  return { ok: true, ...named, ...defined({ gpu: weakest(own) }) };
}

function visibleIn(vendor: GpuReport['vendor'], env: NodeJS.ProcessEnv): string[] {
  const names =
    vendor === 'amd'
      ? ['HIP_VISIBLE_DEVICES', 'ROCR_VISIBLE_DEVICES', 'CUDA_VISIBLE_DEVICES']
      : ['CUDA_VISIBLE_DEVICES'];
  const listed = names.map((name) => env[name] ?? '').find((text) => text !== '') ?? '';
  return listed
    .split(',')
    .map((id) => id.trim())
    .filter((id) => id !== '' && id !== 'NoDevFiles' && id !== '-1');
}

/** A slice of a GPU counts as one. Where a cgroup hides the other GPUs, the program numbers those of the job from 0. */
function ownGpus({ gpus, slices }: GpuReport, visible: readonly string[]): GpuFacts[] {
  if (visible.some((id) => id.startsWith('MIG-'))) {
    const [first] = gpus;
    return slices.filter((name) => visible.includes(name)).flatMap(() => (first ? [sliceOf(first)] : []));
  }
  const named = gpus.filter((gpu) => visible.some((id) => isNamed(gpu, id)));
  return visible.length === 0 || (named.length === 0 && gpus.length === visible.length) ? [...gpus] : named;
}

/** The memory of the whole GPU says nothing of its slice. */
function sliceOf({ totalMib: _total, usedMib: _used, ...gpu }: GpuFacts): GpuFacts {
  return gpu;
}

function isNamed({ index, uuid }: GpuFacts, id: string): boolean {
  return id === String(index) || (id.startsWith('GPU-') && uuid.startsWith(id));
}

function freeShare({ totalMib, usedMib }: GpuFacts): number {
  return totalMib === undefined || usedMib === undefined || totalMib === 0 ? 1 : 1 - usedMib / totalMib;
}

function fullWords(gpu: GpuFacts, { processes }: GpuReport, share: number): string {
  const free = Math.round(freeShare(gpu) * 100);
  const holders = processes.filter(({ uuid }) => uuid === '' || uuid === gpu.uuid).slice(0, 3);
  const words = holders.map(
    ({ pid, name, usedMib }) =>
      `process ${pid} (${name || 'no name'})${usedMib === undefined ? '' : ` with ${usedMib} MiB`}`,
  );
  const who = words.length === 0 ? 'no process of it can be seen' : `held by ${words.join(', ')}`;
  return `${free} % of the memory of GPU ${gpu.index} (${gpu.name}) is free, and the engine takes ${Math.round(share * 100)} %: ${who}`;
}

interface Named {
  env: Record<string, string | undefined>;
  notes: string[];
}

/** Indices, because a vLLM of before 2026 reads nothing else. A string says why the engine cannot start. */
function nameNvidia(
  { slices }: GpuReport,
  { visible, own, gpus }: { visible: string[]; own: GpuFacts[]; gpus: number },
): Named | string {
  if (visible.some((id) => id.startsWith('MIG-'))) {
    if (gpus > 1)
      return `the job has ${gpus} slices of GPUs (MIG), and CUDA lets a process use one: ask for whole GPUs, or for one slice`;
    if (slices.length !== 1)
      return {
        env: {},
        notes: [
          `the job's GPU is the slice ${visible[0]} (MIG), which an older vLLM cannot read, and the node shows ${slices.length} slices, so no index can stand for it`,
        ],
      };
    return renamed(['0'], visible);
  }
  const indices = own.map(({ index }) => String(index));
  const isReadable = visible.every((id) => indices.includes(id));
  return isReadable ? { env: {}, notes: [] } : renamed(indices, visible);
}

function renamed(indices: readonly string[], visible: readonly string[]): Named {
  const list = indices.join(',');
  return {
    // The driver's program numbers GPUs by their bus, and CUDA by their speed unless it is told.
    env: { CUDA_VISIBLE_DEVICES: list, CUDA_DEVICE_ORDER: 'PCI_BUS_ID' },
    notes: [`CUDA_VISIBLE_DEVICES is ${list} for the engine, in place of ${visible.join(',')}`],
  };
}

/** Both ROCR_ and HIP_ would be applied, one to what the other left. vLLM wants HIP_ and CUDA_ to be equal. */
function nameAmd(visible: readonly string[]): Named {
  if (visible.length === 0 || !visible.every((id) => /^\d+$/.test(id))) return { env: {}, notes: [] };
  const list = visible.join(',');
  return { env: { HIP_VISIBLE_DEVICES: list, CUDA_VISIBLE_DEVICES: list, ROCR_VISIBLE_DEVICES: undefined }, notes: [] };
}

function weakest(gpus: readonly GpuFacts[]): EngineGpu | undefined {
  const sorted = gpus.toSorted((a, b) => (a.computeCapability ?? Infinity) - (b.computeCapability ?? Infinity));
  const [gpu] = sorted;
  return gpu && { name: gpu.name, ...defined({ computeCapability: gpu.computeCapability }) };
}
