// How large Ray's object store is on a node, and why. Pure. Ray's own choice is a third of the machine's memory, whatever the job may use.

const megabyte = 1024 ** 2;
/** vLLM passes messages through it; weights and KV cache lie elsewhere. */
const wantedPerGpuBytes = 512 * megabyte;
const wantedLeastBytes = 1024 * megabyte;
/** Its pages count as the job's memory. */
const shareOfMemory = 1 / 8;
/** The rest of /dev/shm is for the queues of vLLM and the buffers of NCCL. */
const shareOfShm = 1 / 2;
/** Ray refuses less. https://github.com/ray-project/ray/blob/ray-2.60.0/python/ray/_private/ray_constants.py */
const minimumBytes = 75 * megabyte;

export interface ObjectStoreFacts {
  gpus: number;
  /** What the job may use of the node's memory. Absent: not known. */
  memoryBytes?: number;
  /** Free in /dev/shm. Absent: not known. */
  sharedMemoryBytes?: number;
}

export interface ObjectStore {
  bytes: number;
  /** One sentence. */
  why: string;
  /** Even the smallest store does not fit: Ray then uses a directory on a disk, or fails. */
  isTooLarge: boolean;
}

export function sizeObjectStore({ gpus, memoryBytes, sharedMemoryBytes }: ObjectStoreFacts): ObjectStore {
  const choices = [
    {
      bytes: Math.max(wantedLeastBytes, gpus * wantedPerGpuBytes),
      because: gpus > 2 ? `512 MiB for each of ${gpus} GPUs` : 'enough for the messages of the workers',
    },
    ...bounded(memoryBytes, shareOfMemory, (of) => `an eighth of the ${of} that the job may use on the node`),
    ...bounded(sharedMemoryBytes, shareOfShm, (of) => `half of the ${of} that /dev/shm has free`),
  ];
  const chosen = choices.reduce((least, choice) => (choice.bytes < least.bytes ? choice : least));
  const isTooLarge = chosen.bytes < minimumBytes;
  const bytes = isTooLarge ? minimumBytes : chosen.bytes;
  const because = isTooLarge ? `the least that Ray takes, which is more than ${chosen.because}` : chosen.because;
  return { bytes, why: `Ray's object store has ${sizeWords(bytes)}: ${because}.`, isTooLarge };
}

function bounded(bytes: number | undefined, share: number, because: (of: string) => string) {
  if (bytes === undefined) return [];
  return [{ bytes: Math.floor((bytes * share) / megabyte) * megabyte, because: because(sizeWords(bytes)) }];
}

function sizeWords(bytes: number): string {
  const gibibytes = bytes / 1024 ** 3;
  return gibibytes >= 1 ? `${Number(gibibytes.toFixed(1))} GiB` : `${Math.round(bytes / megabyte)} MiB`;
}
