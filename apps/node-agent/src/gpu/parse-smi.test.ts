// Excerpts of what nvidia-smi and rocm-smi print, by their manuals and by reports of users.

import { describe, expect, it } from 'vitest';
import { parseMigSlices, parseNvidiaGpus, parseNvidiaProcesses } from './parse-nvidia-smi.ts';
import { parseRocmReport } from './parse-rocm-smi.ts';

describe('nvidia-smi', () => {
  it('tells index, name, memory, capability and faults of each GPU', () => {
    const text = [
      '0, GPU-5c89852c-d268-c3f3-1b07-005d5ae1dc3f, NVIDIA A100-SXM4-40GB, 40960, 3, 8.0, 0, No, [N/A]',
      '1, GPU-7f2f1a1e-0000-1111-2222-333344445555, NVIDIA A100-SXM4-40GB, 40960, 38012, 8.0, 12, Yes, [N/A]',
      '2, GPU-aaaa, Tesla K80, 11441, 0, [N/A], [N/A], [Not Supported], 3',
    ].join('\n');
    expect(parseNvidiaGpus(text)).toEqual([
      {
        index: 0,
        uuid: 'GPU-5c89852c-d268-c3f3-1b07-005d5ae1dc3f',
        name: 'NVIDIA A100-SXM4-40GB',
        totalMib: 40960,
        usedMib: 3,
        computeCapability: 8,
        faults: [],
      },
      expect.objectContaining({
        index: 1,
        faults: ['its memory needs a repair at the next reset, after 12 uncorrected errors (ECC)'],
      }),
      { index: 2, uuid: 'GPU-aaaa', name: 'Tesla K80', totalMib: 11441, usedMib: 0, faults: [expect.any(String)] },
    ]);
  });

  it('of an older driver tells the fields that it knows', () => {
    expect(parseNvidiaGpus('0, GPU-b, Tesla V100-PCIE-16GB, 16160, 0\n')).toEqual([
      { index: 0, uuid: 'GPU-b', name: 'Tesla V100-PCIE-16GB', totalMib: 16160, usedMib: 0, faults: [] },
    ]);
  });

  it('tells which processes hold memory', () => {
    const text = 'GPU-b, 4711, 30112, /opt/conda/bin/python, -u\nGPU-b, 4712, [N/A], [Not Found]\n';
    expect(parseNvidiaProcesses(text)).toEqual([
      { uuid: 'GPU-b', pid: 4711, usedMib: 30112, name: '/opt/conda/bin/python, -u' },
      { uuid: 'GPU-b', pid: 4712, name: '[Not Found]' },
    ]);
  });

  it('lists slices below their GPU', () => {
    const text = [
      'GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-5c89852c-d268-c3f3-1b07-005d5ae1dc3f)',
      '  MIG 3g.20gb     Device  0: (UUID: MIG-41b3359c-e721-56e5-8009-12e5797ed514)',
      '  MIG 1g.5gb      Device  1: (UUID: MIG-GPU-5c89852c-d268-c3f3-1b07-005d5ae1dc3f/9/0)',
    ].join('\n');
    const names = ['MIG-41b3359c-e721-56e5-8009-12e5797ed514', 'MIG-GPU-5c89852c-d268-c3f3-1b07-005d5ae1dc3f/9/0'];
    expect(parseMigSlices(text)).toEqual(names);
  });

  it('that prints anything else tells nothing', () => {
    const odd = '\u0000\uFFFD,,,\nNo devices were found\n' + 'x,'.repeat(10_000);
    expect([parseNvidiaGpus(odd), parseNvidiaProcesses(odd), parseMigSlices(odd)]).toEqual([[], [], []]);
  });
});

describe('rocm-smi', () => {
  const card = {
    'Unique ID': '0x2a1c',
    'VRAM Total Memory (B)': '34342961152',
    'VRAM Total Used Memory (B)': '7229440',
    'Card series': 'Arcturus GL-XL [AMD Instinct MI100]',
    'Card model': '0x0c34',
  };

  it('tells name and memory of each GPU, and processes, whatever stands before its JSON', () => {
    const system = { PID4711: 'python3, 1, 17179869184, 0, 0', 'Driver version': '6.2' };
    const text = `WARNING: AMD GPU device(s) is/are in a low-power state.\n${JSON.stringify({ card0: card, system })}`;
    expect(parseRocmReport(text)).toEqual({
      gpus: [
        {
          index: 0,
          uuid: '0x2a1c',
          name: 'Arcturus GL-XL [AMD Instinct MI100]',
          totalMib: 32752,
          usedMib: 7,
          faults: [],
        },
      ],
      processes: [{ pid: 4711, uuid: '', name: 'python3', usedMib: 16384 }],
    });
    expect(parseRocmReport(JSON.stringify({ card3: { 'Card Series': 'AMD Instinct MI300X' } }))?.gpus[0]).toMatchObject(
      {
        index: 3,
        name: 'AMD Instinct MI300X',
      },
    );
  });

  it.each(['', 'ERROR: no driver', '{', '[]', '{"card0": 7}'])('that prints %j tells no GPU', (text) => {
    expect(parseRocmReport(text)?.gpus[0]?.totalMib).toBeUndefined();
  });
});
