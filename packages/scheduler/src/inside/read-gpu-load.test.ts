import { expect, it } from 'vitest';
import { parseGpuLoad, readGpuLoad } from './read-gpu-load.ts';

const signal = new AbortController().signal;

it('parseGpuLoad reads utilization and memory, and leaves out what the driver does not tell', () => {
  expect(parseGpuLoad('0, 87, 40960, 81920\n1, [N/A], 10, 81920\n\n')).toEqual([
    { id: '0', utilization: 0.87, memoryUsedBytes: 40960 * 2 ** 20, memoryTotalBytes: 81920 * 2 ** 20 },
    { id: '1', memoryUsedBytes: 10 * 2 ** 20, memoryTotalBytes: 81920 * 2 ** 20 },
  ]);
});

it('parseGpuLoad finds nothing in words', () => {
  expect(parseGpuLoad("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n")).toEqual([]);
  expect(parseGpuLoad('No devices were found\n')).toEqual([]);
});

it("readGpuLoad asks for the job's own GPUs only, and finds none where there is no nvidia-smi", async () => {
  const asked: string[][] = [];
  const loads = await readGpuLoad(
    { CUDA_VISIBLE_DEVICES: '2,3' },
    async (argv) => {
      asked.push([...argv]);
      return undefined;
    },
    signal,
  );
  expect(loads).toEqual([]);
  expect(asked[0]?.slice(-2)).toEqual(['-i', '2,3']);
});
