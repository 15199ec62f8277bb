import { describe, expect, it } from 'vitest';
import { type ObjectStoreFacts, sizeObjectStore } from './object-store.ts';

const gibibyte = 1024 ** 3;

describe("Ray's object store", () => {
  it.each<[ObjectStoreFacts, number, string]>([
    [{ gpus: 1 }, 1024, '1 GiB: enough for the messages'],
    [{ gpus: 8 }, 4096, '4 GiB: 512 MiB for each of 8 GPUs'],
    [{ gpus: 8, memoryBytes: 512 * gibibyte, sharedMemoryBytes: 256 * gibibyte }, 4096, '512 MiB for each'],
    [{ gpus: 8, memoryBytes: 16 * gibibyte }, 2048, '2 GiB: an eighth of the 16 GiB that the job may use'],
    [{ gpus: 1, memoryBytes: 64 * gibibyte, sharedMemoryBytes: gibibyte }, 512, '512 MiB: half of the 1 GiB'],
    // A container's own /dev/shm, as Docker makes it.
    [{ gpus: 1, sharedMemoryBytes: gibibyte / 16 }, 75, '75 MiB: the least that Ray takes, which is more than half'],
  ])('%j: %d MiB', (facts, megabytes, why) => {
    const store = sizeObjectStore(facts);
    expect(store.bytes / 1024 ** 2).toBe(megabytes);
    expect(store.why).toContain(why);
    expect(store.isTooLarge).toBe(megabytes === 75);
  });
});
