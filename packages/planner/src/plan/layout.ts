// Lists the ways to split a model: tensor parallel inside a node, pipeline stages over the rest.

import type { ModelFacts } from '../model-preset.ts';

export interface Layout {
  nodes: number;
  gpusPerNode: number;
  /** Tensor-parallel size: the number of GPUs of one node over which every layer is split. */
  tp: number;
  /** Pipeline-parallel size: the number of stages that share the layers. */
  pp: number;
  /** Copies of the model (data parallel), each split so. Absent: one. */
  copies?: number;
}

export interface GpuSupply {
  gpusPerNode: number;
  /** Only layouts with this many GPUs a node count. */
  wantedGpus?: number;
  nodes: number;
  /** Only layouts over this many nodes count. */
  wantedNodes?: number;
  wantedSplit?: WantedSplit;
}

/** What the settings of the engine say of the split: only layouts like that count. */
export interface WantedSplit {
  tp?: number;
  pp?: number;
  /** Copies of the model (data parallel), each split so. Default 1. Over several nodes each copy lies on one of them. */
  copies?: number;
  /** Whether the experts are shared out among the GPUs of all copies. */
  spreadsExperts?: boolean;
}

export function gpusOf({ nodes, gpusPerNode }: Layout): number {
  return nodes * gpusPerNode;
}

/** Every split that the model's shape and the supply allow, the best first: fewer nodes, then no stages inside a node (stages wait for each other), then fewer GPUs. */
export function listLayouts(model: ModelFacts, supply: GpuSupply): Layout[] {
  const layouts: Layout[] = [];
  for (let nodes = supply.wantedNodes ?? 1; nodes <= (supply.wantedNodes ?? supply.nodes); nodes++) {
    if (nodes > supply.nodes) break;
    // A job on several nodes takes whole nodes: another job on one of them would slow every step.
    const least = supply.wantedGpus ?? (nodes === 1 ? 1 : supply.gpusPerNode);
    const most = Math.min(supply.gpusPerNode, supply.wantedGpus ?? supply.gpusPerNode);
    for (let gpusPerNode = least; gpusPerNode <= most; gpusPerNode++)
      layouts.push(...splits(model, { nodes, gpusPerNode }, supply.wantedSplit));
  }
  return layouts.sort(
    (a, b) =>
      a.nodes - b.nodes || Number(a.pp > a.nodes) - Number(b.pp > b.nodes) || gpusOf(a) - gpusOf(b) || a.pp - b.pp,
  );
}

function splits(
  model: ModelFacts,
  { nodes, gpusPerNode }: Pick<Layout, 'nodes' | 'gpusPerNode'>,
  { tp: onlyTp, pp: onlyPp, copies = 1 }: WantedSplit = {},
): Layout[] {
  const all = (nodes * gpusPerNode) / copies;
  return range(1, gpusPerNode)
    .filter((tp) => (onlyTp ?? tp) === tp && tensorParallelFault(model, tp) === undefined)
    .filter((tp) => all % tp === 0 && gpusPerNode % tp === 0)
    .map((tp) => ({ nodes, gpusPerNode, tp, pp: all / tp, ...(copies > 1 ? { copies } : {}) }))
    .filter((layout) => copies === 1 || nodes === 1 || (layout.tp * layout.pp <= gpusPerNode && copies % nodes === 0))
    .filter(({ pp }) => (onlyPp ?? pp) === pp && pipelineFault(model, pp) === undefined);
}

/** Why a tensor-parallel size is impossible; undefined if it is possible. */
export function tensorParallelFault({ name, shape }: ModelFacts, tp: number): string | undefined {
  const { heads, kvCache, maxTensorParallel } = shape;
  if (heads % tp !== 0) return `${name} has ${heads} heads, which ${tp} does not divide`;
  if (kvCache.kind === 'grouped' && kvCache.heads % tp !== 0 && tp % kvCache.heads !== 0)
    return `${name} has ${kvCache.heads} KV heads, which cannot be shared evenly by ${tp}`;
  if (maxTensorParallel && tp > maxTensorParallel.size)
    return `${name} takes a tensor-parallel size of at most ${maxTensorParallel.size}: ${maxTensorParallel.why}`;
  return undefined;
}

/** Why a number of pipeline stages is impossible; undefined if it is possible. */
export function pipelineFault({ name, shape, task }: ModelFacts, pp: number): string | undefined {
  if (pp > 1 && task !== 'chat') return `${name} is served in one stage`;
  if (pp > shape.layers) return `${name} has ${shape.layers} layers, which are too few for ${pp} stages`;
  return undefined;
}

/** Layers of the largest stage; stages may differ by one (https://docs.vllm.ai/en/latest/serving/parallelism_scaling/). */
export function layersPerStage({ shape }: ModelFacts, { pp }: Layout): number {
  return Math.ceil(shape.layers / pp);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
