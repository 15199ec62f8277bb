// What `nvidia-smi` or `rocm-smi` says of a node's GPUs, in one form for both. Facts only.

export interface GpuFacts {
  index: number;
  /** As the driver names it; empty where it does not. */
  uuid: string;
  name: string;
  totalMib?: number;
  usedMib?: number;
  computeCapability?: number;
  /** Faults of the hardware that are known: one clause each. */
  faults: readonly string[];
}

export interface GpuProcess {
  pid: number;
  name: string;
  /** Empty where the program does not say on which GPU it is. */
  uuid: string;
  usedMib?: number;
}

export interface GpuReport {
  vendor: 'nvidia' | 'amd';
  gpus: readonly GpuFacts[];
  processes: readonly GpuProcess[];
  /** The MIG slices that the job sees, by their names. */
  slices: readonly string[];
}
