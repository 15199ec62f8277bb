// Places from what Slurm says of its partitions, for a site without a profile. Pure.

import { findGpusOfGres, gpuLabel } from '../gpu.ts';
import type { Place } from './place.ts';

/** What `sinfo` tells of a partition. */
export interface PartitionFacts {
  name: string;
  isUp: boolean;
  usableNodes: number;
  /** The longest time limit; Infinity or absent: none. */
  maxMinutes?: number;
  gpus: readonly { type?: string; perNode: number }[];
  maxCpus: number;
  maxMemoryMb: number;
}

/**
 * One place for each known GPU type of a partition. Slurm does not say how much memory a GPU has: a type that comes in several sizes
 * makes a place for each, the smallest first.
 */
export function placesOfPartitions(partitions: readonly PartitionFacts[]): Place[] {
  return partitions
    .filter(({ isUp, usableNodes }) => isUp && usableNodes > 0)
    .flatMap((partition) =>
      partition.gpus.flatMap(({ type, perNode }) =>
        type === undefined ? [] : findGpusOfGres(type).map((gpu) => placeOf(partition, { type, perNode, gpu })),
      ),
    );
}

function placeOf(
  { name, usableNodes, maxMinutes, maxCpus, maxMemoryMb }: PartitionFacts,
  { type, perNode, gpu }: { type: string; perNode: number; gpu: Place['gpu'] },
): Place {
  return {
    label: `partition ${name} (${perNode} × ${gpuLabel(gpu)} a node)`,
    partition: name,
    gresType: type,
    gpu,
    gpusPerNode: perNode,
    nodes: usableNodes,
    ...(maxCpus > 0 ? { cpusPerNode: maxCpus } : {}),
    // A part is the system's: Slurm's RealMemory is what it may give away, in MiB.
    ...(maxMemoryMb > 0 ? { memoryGbPerNode: Math.max(1, Math.floor(maxMemoryMb / 1024)) } : {}),
    ...(maxMinutes === undefined || !Number.isFinite(maxMinutes) ? {} : { maxHours: maxMinutes / 60 }),
  };
}
