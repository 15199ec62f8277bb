import { expect, it } from 'vitest';
import { parseGpuLoad, parseRocmLoad, readGpuLoad } from './read-gpu-load.ts';

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

it("readGpuLoad asks for the job's own GPUs only, and finds none where no program is there", async () => {
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

/** As rocm-smi of ROCm 6 prints it: with `--showuse --showmeminfo vram --json`, on a node where one card says little. */
const rocm = `Exception caught: map::at
{"card0": {"GPU use (%)": "68", "VRAM Total Memory (B)": "34342961152", "VRAM Total Used Memory (B)": "28823961600"}, "card1": {"GPU use (%)": "N/A", "VRAM Total Memory (B)": "34342961152", "VRAM Total Used Memory (B)": "7028736"}, "system": {"Driver version": "6.2"}}
`;

it('parseRocmLoad reads utilization and memory of each card, whatever stands before the JSON', () => {
  expect(parseRocmLoad(rocm)).toEqual([
    { id: '0', utilization: 0.68, memoryUsedBytes: 28_823_961_600, memoryTotalBytes: 34_342_961_152 },
    { id: '1', memoryUsedBytes: 7_028_736, memoryTotalBytes: 34_342_961_152 },
  ]);
  for (const text of ['', 'ERROR: no driver', '{', '[]', '{"card0": 7}'])
    expect(parseRocmLoad(text).every((load) => Object.keys(load).length === 1)).toBe(true);
});

it.each([
  ['1', ['1']],
  ['GPU-2a1c', ['0', '1']],
])('readGpuLoad asks rocm-smi where nvidia-smi does not answer: ROCR_VISIBLE_DEVICES=%s', async (visible, ids) => {
  const run = async ([program]: readonly string[]) => (program === 'rocm-smi' ? rocm : undefined);
  const loads = await readGpuLoad({ ROCR_VISIBLE_DEVICES: visible }, run, signal);
  expect(loads.map(({ id }) => id)).toEqual(ids);
});
