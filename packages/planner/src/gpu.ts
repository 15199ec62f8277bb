// The GPU types that the planner knows, with their memory and the number formats of their kernels.

import type { ModelPreset } from './model-preset.ts';

export interface Gpu {
  /** The type in Slurm's words; with `memoryGb`, the memory on the data sheet, it makes `--gpu a100:40`. */
  name: string;
  memoryGb: number;
  /** The memory that the driver reports, if a source gives it. */
  reportedGib?: { gib: number; source: string };
  vendor: 'nvidia' | 'amd';
  /** NVIDIA's compute capability. AMD: the generation of Instinct, 1 for MI100, 3 for MI300. */
  capability: number;
  source: string;
}

/** The lowest known share of the data sheet's memory that a driver reports, except the T4's: 46068 MiB on an A40 of 48 GB. */
const lowestReportedShare = 0.93;

const capabilities = 'https://nvidia.github.io/TransformerEngine/support_matrix.html';
const recipes = 'https://github.com/vllm-project/recipes/blob/main/taxonomy.yaml';
const pegasus = 'https://pegasus.dfki.de/docs/slurm-cluster/partitions';

export const gpus: readonly Gpu[] = [
  {
    name: 't4',
    memoryGb: 16,
    reportedGib: { gib: 14.58, source: 'https://github.com/datawhalechina/self-llm/issues/162' },
    vendor: 'nvidia',
    capability: 7.5,
    source: 'https://github.com/vllm-project/vllm/issues/5248',
  },
  {
    name: 'rtx8000',
    memoryGb: 48,
    vendor: 'nvidia',
    capability: 7.5,
    source: 'https://github.com/jm58660/docs/blob/main/general.rst',
  },
  { name: 'v100', memoryGb: 32, vendor: 'nvidia', capability: 7, source: pegasus },
  { name: 'l4', memoryGb: 24, vendor: 'nvidia', capability: 8.9, source: capabilities },
  {
    name: 'rtx3090',
    memoryGb: 24,
    reportedGib: { gib: 23.58, source: 'https://github.com/vllm-project/vllm/issues/10517' },
    vendor: 'nvidia',
    capability: 8.6,
    source: pegasus,
  },
  { name: 'rtx4090', memoryGb: 24, vendor: 'nvidia', capability: 8.9, source: recipes },
  {
    name: 'a100',
    memoryGb: 40,
    reportedGib: {
      gib: 39.39,
      source:
        'https://huggingface.co/PrunaAI/mattshumer-Llama-3-8B-16K-HQQ-4bit-smashed/blob/521a1ba996efcc53055694ac9f876f5f24a236e3/results.json',
    },
    vendor: 'nvidia',
    capability: 8,
    source: capabilities,
  },
  {
    name: 'a40',
    memoryGb: 48,
    reportedGib: { gib: 44.99, source: 'https://github.com/guqiong96/Lvllm/issues/35' },
    vendor: 'nvidia',
    capability: 8.6,
    source: capabilities,
  },
  {
    name: 'l40',
    memoryGb: 48,
    vendor: 'nvidia',
    capability: 8.9,
    source: 'https://www.mullet.se/product.html?product_id=355414',
  },
  { name: 'l40s', memoryGb: 48, vendor: 'nvidia', capability: 8.9, source: capabilities },
  {
    name: 'a100',
    memoryGb: 80,
    reportedGib: { gib: 79.19, source: 'https://github.com/kubernetes-sigs/gateway-api-inference-extension/pull/550' },
    vendor: 'nvidia',
    capability: 8,
    source: capabilities,
  },
  {
    name: 'h100',
    memoryGb: 80,
    reportedGib: { gib: 79.19, source: 'https://github.com/kubernetes-sigs/gateway-api-inference-extension/pull/550' },
    vendor: 'nvidia',
    capability: 9,
    source: capabilities,
  },
  {
    name: 'h100',
    memoryGb: 94,
    vendor: 'nvidia',
    capability: 9,
    source: 'https://compendium.hpc.tu-dresden.de/jobs_and_resources/hardware_overview/',
  },
  { name: 'h200', memoryGb: 141, vendor: 'nvidia', capability: 9, source: recipes },
  { name: 'b200', memoryGb: 180, vendor: 'nvidia', capability: 10, source: recipes },
  {
    name: 'mi100',
    memoryGb: 32,
    vendor: 'amd',
    capability: 1,
    source: 'https://curc.readthedocs.io/en/latest/clusters/alpine/alpine-hardware.html',
  },
  { name: 'mi300x', memoryGb: 192, vendor: 'amd', capability: 3, source: recipes },
];

export function gpuLabel({ name, memoryGb }: Gpu): string {
  return `${name}:${memoryGb}`;
}

export function reportedGib({ memoryGb, reportedGib: known }: Gpu): number {
  return known?.gib ?? memoryGb * lowestReportedShare;
}

/** Finds `a100:40`, or `a100` if only one size is known. If there is no such type or no single one: the possible labels. */
export function findGpu(text: string): { gpu: Gpu } | { candidates: string[] } {
  const wanted = text.toLowerCase();
  const found = gpus.filter((gpu) => gpuLabel(gpu) === wanted || gpu.name === wanted);
  const [gpu, ...others] = found;
  if (gpu && others.length === 0) return { gpu };
  return { candidates: (found.length > 0 ? found : gpus).map(gpuLabel) };
}

/** The GPUs that a type of Slurm's GRES may mean, the smallest first: `a100`, `nvidia_h100_80gb_hbm3`. None for a MIG slice and for an unknown type. */
export function findGpusOfGres(type: string): Gpu[] {
  const words = type.toLowerCase().split(/[^a-z0-9]+/);
  if (words.some((word) => /^[1-7]g$/.test(word))) return [];
  const named = gpus.filter(({ name }) => words.includes(name)).toSorted((a, b) => a.memoryGb - b.memoryGb);
  const sizes = words.flatMap((word) => /^(\d+)gb?$/.exec(word)?.[1] ?? []).map(Number);
  const sized = named.filter(({ memoryGb }) => sizes.includes(memoryGb));
  return sized.length > 0 ? sized : named;
}

export type FormatSupport = { kind: 'native' } | { kind: 'slower' | 'no'; why: string };

/** Sources: the table of vLLM's documentation on quantization, https://docs.vllm.ai/en/v0.14.0/features/quantization/, and its recipe of GPT-OSS for MXFP4 on an A100. */
export function formatSupport(gpu: Gpu, format: ModelPreset['quantization']): FormatSupport {
  if (gpu.vendor === 'amd') return amdSupport(gpu, format);
  const { capability } = gpu;
  const label = gpuLabel(gpu);
  switch (format) {
    case 'bf16':
      return hasBf16(gpu)
        ? { kind: 'native' }
        : { kind: 'slower', why: `${label} has no bf16, so the weights are used as fp16` };
    case 'fp8':
      if (capability >= 8.9) return { kind: 'native' };
      return capability >= 8
        ? { kind: 'slower', why: `${label} computes no FP8: the weights stay small, and each step converts them` }
        : { kind: 'no', why: `${label} has no kernel for FP8 weights` };
    case 'mxfp4':
      return capability >= 8 ? { kind: 'native' } : { kind: 'no', why: `${label} has no kernel for MXFP4 weights` };
    case 'awq':
      return capability >= 7.5 ? { kind: 'native' } : { kind: 'no', why: `${label} has no kernel for AWQ weights` };
    case 'gptq':
      return { kind: 'native' };
  }
}

/** Elsewhere a model runs in fp16 (https://github.com/vllm-project/vllm/blob/main/vllm/platforms/cuda.py). */
export function hasBf16({ vendor, capability }: Gpu): boolean {
  return vendor === 'amd' || capability >= 8;
}

function amdSupport(gpu: Gpu, format: ModelPreset['quantization']): FormatSupport {
  if (format === 'bf16') return { kind: 'native' };
  if (gpu.capability >= 3 && (format === 'fp8' || format === 'mxfp4')) return { kind: 'native' };
  return { kind: 'no', why: `${gpuLabel(gpu)} has no kernel of vLLM for ${format.toUpperCase()} weights` };
}

/** Why a KV cache in FP8 may not work; undefined if it works. */
export function fp8CacheDoubt(gpu: Gpu): string | undefined {
  if (formatSupport(gpu, 'fp8').kind === 'native') return undefined;
  return `${gpuLabel(gpu)} computes no FP8: whether vLLM starts with an FP8 KV cache there depends on its version (https://github.com/vllm-project/vllm/issues/26431)`;
}

/** A warning for a GPU type that vLLM's installation page does not list; undefined for a listed one. */
export function missingFromVllm(gpu: Gpu): string | undefined {
  const source = 'https://docs.vllm.ai/en/latest/getting_started/installation/gpu/';
  if (gpu.vendor === 'amd' && gpu.capability < 2)
    return `vLLM's list of AMD GPUs begins with the MI200 series, so ${gpuLabel(gpu)} may not work (${source})`;
  if (gpu.vendor === 'nvidia' && gpu.capability < 7.5)
    return `current vLLM needs compute capability 7.5, and ${gpuLabel(gpu)} has ${gpu.capability.toFixed(1)} (${source})`;
  return undefined;
}
