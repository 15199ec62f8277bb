// A place where a model could run: GPUs of one type, with the known facts about their nodes.

import { findGpu, type Gpu, gpuLabel } from '../gpu.ts';
import type { SiteProfile } from '../site-profile.ts';
import type { WantedSplit } from './layout.ts';

export interface Place {
  /** For people: `partition aa100`, or `a100:40`. */
  label: string;
  partition?: string;
  /** The type in Slurm's words, where a job has to name it. */
  gresType?: string;
  gpu: Gpu;
  gpusPerNode: number;
  /** Only layouts with this many GPUs a node count. */
  wantedGpus?: number;
  nodes: number;
  /** Only layouts over this many nodes count. */
  wantedNodes?: number;
  wantedSplit?: WantedSplit;
  /** Nodes are given out whole. */
  exclusive?: boolean;
  cpusPerNode?: number;
  memoryGbPerNode?: number;
  maxHours?: number;
  longer?: { maxHours: number; how: string };
  cost?: { perGpuHour: number; unit: string };
}

/** The most nodes that a plan considers; a model that needs more is not for a batch job. */
const mostNodes = 8;

/** One place for each partition of a site. Throws for an unknown GPU type, which the schema of a site profile refuses. */
export function placesOfSite(site: SiteProfile): Place[] {
  return site.partitions.map((partition) => {
    const { name, gpusPerNode, cpusPerNode, memoryGbPerNode, maxGpus, maxHours, longer, gresType, exclusive } =
      partition;
    const found = findGpu(partition.gpu);
    if (!('gpu' in found))
      throw new Error(`cannot plan for ${site.name} because there is no GPU type ${partition.gpu}`);
    // A user who may hold fewer GPUs than a node has gets a part of a node.
    const usable = Math.min(gpusPerNode, maxGpus ?? gpusPerNode);
    const shareOf = (whole: number) => Math.floor((whole * usable) / gpusPerNode);
    const affordable = Math.floor((maxGpus ?? Number.MAX_SAFE_INTEGER) / gpusPerNode);
    return {
      label: `partition ${name} (${gpusPerNode} × ${gpuLabel(found.gpu)} a node)`,
      partition: name,
      ...(gresType === undefined ? {} : { gresType }),
      gpu: found.gpu,
      gpusPerNode: usable,
      nodes: Math.max(1, Math.min(mostNodes, partition.nodes ?? mostNodes, affordable)),
      cpusPerNode: shareOf(cpusPerNode),
      memoryGbPerNode: shareOf(memoryGbPerNode),
      ...(maxHours === undefined ? {} : { maxHours }),
      ...(longer === undefined ? {} : { longer }),
      ...(exclusive === undefined ? {} : { exclusive }),
      ...(site.cost === undefined ? {} : { cost: site.cost }),
    };
  });
}

/** A place for which only the GPUs are known. */
export function placeOfGpu(gpu: Gpu, { gpusPerNode, nodes }: { gpusPerNode: number; nodes: number }): Place {
  return { label: gpuLabel(gpu), gpu, gpusPerNode, nodes: Math.min(mostNodes, nodes) };
}
